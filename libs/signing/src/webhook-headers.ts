import type { KeyObject } from 'node:crypto';

import { signBody } from './body-signature.js';
import { signStandardWebhook, standardWebhooksKeyObject } from './standard-webhooks.js';

/** The fields of a delivery in its headers. */
export interface HeaderContent {
  readonly deliveryId: string;
  readonly eventType: string;
  /** The bytes that are sent. */
  readonly body: Buffer;
}

/** The secrets of an endpoint, decrypted. */
export interface SigningSecrets {
  /** The endpoint's present secret. */
  readonly current: string;
  /** Former secrets that are still valid, newest first. */
  readonly former: readonly string[];
}

/** The keys made from secrets, kept as long as the secrets are referenced. */
const keys = new WeakMap<SigningSecrets, readonly KeyObject[]>();

function keysOf(secrets: SigningSecrets): readonly KeyObject[] {
  let made = keys.get(secrets);
  if (!made) {
    made = [secrets.current, ...secrets.former].map(standardWebhooksKeyObject);
    keys.set(secrets, made);
  }
  return made;
}

/**
 * The headers of an attempt that begins at `at`. The signature covers the exact bytes of the body.
 * `X-Webhook-Id` is the same on every attempt, so that the receiver recognises repeats. Beside the guide's
 * headers there are those of Standard Webhooks, with a signature for every valid secret.
 */
export function webhookHeaders(
  { deliveryId, eventType, body }: HeaderContent,
  secrets: SigningSecrets,
  at: Date,
): Record<string, string> {
  const timestamp = Math.floor(at.getTime() / 1_000);
  return {
    // Some firewalls refuse a request without an Accept header (RFC 9110, 12.5.1: without one, anything is
    // accepted).
    Accept: '*/*',
    'Content-Type': 'application/json',
    'User-Agent': 'Skillora-Webhook/1.0',
    'X-Webhook-Signature-256': signBody(body, secrets.current),
    'X-Webhook-Event': eventType,
    'X-Webhook-Delivery': toWholeSeconds(at),
    'X-Webhook-Id': deliveryId,
    'webhook-id': deliveryId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signStandardWebhook({ id: deliveryId, timestamp, body }, keysOf(secrets)),
  };
}

/** ISO 8601 in UTC, cut to whole seconds. */
function toWholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
