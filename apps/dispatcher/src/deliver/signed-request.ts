import type { Delivery, EndpointState } from '@skillora/contracts';
import { signBody } from '@skillora/signing';

/** What goes over the wire. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/**
 * The request of one attempt begun at `now`. The signature covers the exact bytes of the body, with the secret the
 * endpoint has at this moment; `X-Webhook-Id` is the same on every attempt, for the receiver to recognise repeats.
 */
export function signedRequest(
  delivery: Pick<Delivery, 'deliveryId' | 'eventType' | 'body'>,
  endpoint: Pick<EndpointState, 'url'>,
  secret: string,
  now: Date,
): SignedRequest {
  const body = Buffer.from(delivery.body, 'utf8');
  return {
    url: endpoint.url,
    body,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Skillora-Webhook/1.0',
      'X-Webhook-Signature-256': signBody(body, secret),
      'X-Webhook-Event': delivery.eventType,
      'X-Webhook-Delivery': toWholeSeconds(now),
      'X-Webhook-Id': delivery.deliveryId,
    },
  };
}

/** ISO 8601 in UTC, cut to whole seconds. */
function toWholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
