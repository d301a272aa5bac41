import type { KeyObject } from 'node:crypto';

import { signBody } from './body-signature.js';
import { signStandardWebhook, type StandardWebhook, standardWebhooksKeyObject } from './standard-webhooks.js';

/** The fields of a delivery in its headers. */
export interface HeaderContent {
  readonly deliveryId: string;
  readonly eventId: string;
  /** The attempt's number: those of a delivery are counted from 1. */
  readonly attempt: number;
  readonly eventType: string;
  /** Whether somebody tests the endpoint: the data is an example. */
  readonly isTest?: boolean;
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
  content: HeaderContent,
  secrets: SigningSecrets,
  at: Date,
): Record<string, string> {
  return headersWith(
    content,
    at,
    signBody(content.body, secrets.current),
    signStandardWebhook(standardWebhook(content, at), keysOf(secrets)),
  );
}

/**
 * Makes the headers of an attempt that began at `at` again. A signature is null if a secret that made it is
 * not known any more.
 * @param secrets the secrets that signed, in their order; null for each that is not known.
 */
export function webhookHeadersAgain(
  content: HeaderContent,
  secrets: readonly (string | null)[],
  at: Date,
): Record<string, string | null> {
  const [newest = null] = secrets;
  const known = secrets.filter((secret) => secret !== null);
  const isWhole = known.length > 0 && known.length === secrets.length;
  return headersWith(
    content,
    at,
    newest === null ? null : signBody(content.body, newest),
    isWhole ? signStandardWebhook(standardWebhook(content, at), known) : null,
  );
}

function standardWebhook({ deliveryId, body }: HeaderContent, at: Date): StandardWebhook {
  return { id: deliveryId, timestamp: wholeSeconds(at), body };
}

function headersWith<S extends string | null>(
  { deliveryId, eventId, eventType, isTest, attempt }: HeaderContent,
  at: Date,
  signature: S,
  standardSignature: S,
): Record<string, string | S> {
  return {
    // Some firewalls refuse a request without an Accept header (RFC 9110, 12.5.1: without one, anything is
    // accepted).
    Accept: '*/*',
    'Content-Type': 'application/json',
    'User-Agent': 'Skillora-Webhook/1.0',
    'X-Webhook-Signature-256': signature,
    'X-Webhook-Event': eventType,
    'X-Webhook-Delivery': toWholeSeconds(at),
    'X-Webhook-Id': deliveryId,
    'X-Webhook-Event-Id': eventId,
    'X-Webhook-Attempt': String(attempt),
    ...(isTest ? { 'X-Webhook-Test': 'true' } : {}),
    'webhook-id': deliveryId,
    'webhook-timestamp': String(wholeSeconds(at)),
    'webhook-signature': standardSignature,
  };
}

/** Seconds since the epoch, cut. */
function wholeSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1_000);
}

/** ISO 8601 in UTC, cut to whole seconds. */
function toWholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
