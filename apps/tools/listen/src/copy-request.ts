import { type SigningSecrets, webhookHeaders } from '@skillora/signing';

import type { Copy } from './copies.js';

/** The request of a delivery as `webhook-deliveries/{id}/request/` shows it. */
export interface ShownRequest {
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: string;
}

/**
 * The copy of a request, signed with the secret of this session at `now`. Its body has the same bytes. Headers and
 * credentials of the customer's own are not in it: they are for the real server alone.
 */
export function copyOf(
  { deliveryId, eventType, attempt }: Copy,
  { headers, body: text }: ShownRequest,
  secrets: SigningSecrets,
  now: Date,
): { readonly headers: Record<string, string>; readonly body: Buffer } {
  const body = Buffer.from(text, 'utf8');
  const content = {
    deliveryId,
    eventId: headers['X-Webhook-Event-Id'] ?? '',
    eventType: headers['X-Webhook-Event'] ?? eventType,
    isTest: headers['X-Webhook-Test'] === 'true',
    attempt,
    body,
  };
  return { headers: webhookHeaders(content, secrets, now), body };
}
