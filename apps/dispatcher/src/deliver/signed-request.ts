import type { Delivery, EndpointState } from '@skillora/contracts';
import { signBody, signStandardWebhook } from '@skillora/signing';

import type { SigningSecrets } from './secrets.js';

/** What goes over the wire. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/**
 * The request of one attempt begun at `now`. The signature covers the exact bytes of the body, with the secret the
 * endpoint has at this moment; `X-Webhook-Id` is the same on every attempt, for the receiver to recognise repeats.
 *
 * Beside the guide's headers stand those of Standard Webhooks, whose signature is made with every secret that counts.
 */
export function signedRequest(
  delivery: Pick<Delivery, 'deliveryId' | 'eventType' | 'body'>,
  endpoint: Pick<EndpointState, 'url'>,
  { current, former }: SigningSecrets,
  now: Date,
): SignedRequest {
  const body = Buffer.from(delivery.body, 'utf8');
  const id = delivery.deliveryId;
  const timestamp = Math.floor(now.getTime() / 1_000);
  return {
    url: endpoint.url,
    body,
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Skillora-Webhook/1.0',
      'X-Webhook-Signature-256': signBody(body, current),
      'X-Webhook-Event': delivery.eventType,
      'X-Webhook-Delivery': toWholeSeconds(now),
      'X-Webhook-Id': id,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signStandardWebhook({ id, timestamp, body }, [current, ...former]),
    },
  };
}

/** ISO 8601 in UTC, cut to whole seconds. */
function toWholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
