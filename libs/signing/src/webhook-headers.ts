import type { KeyObject } from 'node:crypto';

import { signBody } from './body-signature.js';
import { signStandardWebhook, standardWebhooksKeyObject } from './standard-webhooks.js';

/** What of a delivery its headers tell. */
export interface HeaderContent {
  readonly deliveryId: string;
  readonly eventType: string;
  /** The bytes that go over the wire. */
  readonly body: Buffer;
}

/** The secrets of an endpoint, opened. */
export interface SigningSecrets {
  /** The endpoint's secret now. */
  readonly current: string;
  /** Those it had before that still count, newest first. */
  readonly former: readonly string[];
}

/** The keys made of secrets, for as long as somebody holds those. */
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
 * The headers of an attempt begun at `at`. The signature covers the exact bytes of the body; `X-Webhook-Id` is the same
 * on every attempt, for the receiver to recognise repeats.
 *
 * Beside the guide's headers stand those of Standard Webhooks, whose signature is made with every secret that counts.
 */
export function webhookHeaders(
  { deliveryId, eventType, body }: HeaderContent,
  secrets: SigningSecrets,
  at: Date,
): Record<string, string> {
  const timestamp = Math.floor(at.getTime() / 1_000);
  return {
    // Some firewalls refuse a request that does not say what it takes (RFC 9110, 12.5.1: nothing said means anything).
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
