import { type Delivery, type EndpointState, namedEventType, TEST_EVENT_TYPE } from '@skillora/contracts';
import { type SigningSecrets, webhookHeaders } from '@skillora/signing';

/** What goes over the wire. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/**
 * The request of one attempt that begins at `now`, signed with the secrets that the endpoint has at this
 * moment.
 * @param attempt the attempt's number, from 1.
 */
export function signedRequest(
  {
    deliveryId,
    eventId,
    eventType,
    body: text,
  }: Pick<Delivery, 'deliveryId' | 'eventId' | 'eventType' | 'body'>,
  endpoint: Pick<EndpointState, 'url'>,
  secrets: SigningSecrets,
  now: Date,
  attempt: number,
): SignedRequest {
  const body = Buffer.from(text, 'utf8');
  const content = {
    deliveryId,
    eventId,
    eventType: namedEventType(eventType, text),
    isTest: eventType === TEST_EVENT_TYPE,
    attempt,
    body,
  };
  return { url: endpoint.url, body, headers: webhookHeaders(content, secrets, now) };
}
