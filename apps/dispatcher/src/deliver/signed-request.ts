import type { Delivery, EndpointState } from '@skillora/contracts';
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
 */
export function signedRequest(
  { deliveryId, eventType, body: text }: Pick<Delivery, 'deliveryId' | 'eventType' | 'body'>,
  endpoint: Pick<EndpointState, 'url'>,
  secrets: SigningSecrets,
  now: Date,
): SignedRequest {
  const body = Buffer.from(text, 'utf8');
  return { url: endpoint.url, body, headers: webhookHeaders({ deliveryId, eventType, body }, secrets, now) };
}
