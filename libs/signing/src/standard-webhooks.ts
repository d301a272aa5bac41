import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const PREFIX = 'whsec_';
const BASE64_SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/** The content that the additional signature covers, with the names of its specification. */
export interface StandardWebhook {
  /** The same on every attempt, so that the receiver recognises repeats. */
  readonly id: string;
  /**
   * The attempt's time, in whole seconds since the epoch; receivers refuse a time that is far from theirs.
   */
  readonly timestamp: number;
  /** The exact bytes sent; a string is signed as its UTF-8. */
  readonly body: string | Buffer;
}

/**
 * The value of `webhook-signature` (https://github.com/standard-webhooks/standard-webhooks): `v1,` and the
 * HMAC-SHA256 of id, time and body in base64, once for each secret that is valid now, separated by spaces.
 * @param secrets as text, or as the keys made of them.
 */
export function signStandardWebhook(
  { id, timestamp, body }: StandardWebhook,
  secrets: readonly (string | KeyObject)[],
): string {
  return secrets
    .map((secret) => {
      const hmac = createHmac(
        'sha256',
        typeof secret === 'string' ? standardWebhooksKeyObject(secret) : secret,
      );
      return `v1,${hmac.update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
    })
    .join(' ');
}

/**
 * The same as {@link standardWebhooksKey}, ready for use: creating it costs four times as much as a
 * signature.
 */
export function standardWebhooksKeyObject(secret: string): KeyObject {
  return createSecretKey(standardWebhooksKey(secret));
}

/**
 * The key of `webhook-signature`. For a secret of the form `whsec_` and base64 (as generated secrets are), it
 * is the decoded bytes, because libraries read it so. For any other secret it is its UTF-8, which libraries
 * accept as a raw key. It differs from the key of the guide's header, which is always the whole secret as
 * text.
 */
export function standardWebhooksKey(secret: string): Buffer {
  const base64 = BASE64_SECRET.exec(secret)?.[1] ?? '';
  const bytes = Buffer.from(base64, 'base64');
  // Some libraries refuse base64 with unused bits set, and others accept it, so it counts as text.
  return bytes.length > 0 && bytes.toString('base64') === base64 ? bytes : Buffer.from(secret, 'utf8');
}

/**
 * The secret in the form of Standard Webhooks (§ Signature scheme, "Symmetric"): `whsec_` and the base64 of
 * the key of `webhook-signature`. Every library accepts this form. For a generated secret it is the secret
 * itself. A custom secret does not have this form: libraries decode it as base64 if they can, and verify with
 * another key.
 */
export function standardWebhooksSecret(secret: string): string {
  return PREFIX + standardWebhooksKey(secret).toString('base64');
}
