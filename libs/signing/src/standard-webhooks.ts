import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const PREFIX = 'whsec_';
const BASE64_SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/** What the additional signature covers, as its specification names it. */
export interface StandardWebhook {
  /** Equal on every attempt, for the receiver to recognise repeats. */
  readonly id: string;
  /** The attempt's time, in whole seconds since the epoch; receivers refuse one that is far from theirs. */
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
 * The same as {@link standardWebhooksKey}, ready for use: making it costs four times what a signature does.
 */
export function standardWebhooksKeyObject(secret: string): KeyObject {
  return createSecretKey(standardWebhooksKey(secret));
}

/**
 * The key that `webhook-signature` is made with. Of a secret that reads `whsec_` and base64, as generated
 * ones do, it is the bytes that the base64 stands for: that is how the libraries read it. Of any other secret
 * it is its UTF-8, which the libraries take as a raw key.
 *
 * It is not the key of the guide's header, which is the whole secret as text whatever it looks like.
 */
export function standardWebhooksKey(secret: string): Buffer {
  const base64 = BASE64_SECRET.exec(secret)?.[1] ?? '';
  const bytes = Buffer.from(base64, 'base64');
  // Base64 with bits set that stand for nothing is refused by some libraries and not by others: it is text.
  return bytes.length > 0 && bytes.toString('base64') === base64 ? bytes : Buffer.from(secret, 'utf8');
}

/**
 * The secret in the form of Standard Webhooks (§ Signature scheme, "Symmetric"): `whsec_` and the base64 of
 * the key that `webhook-signature` is made with. Every library takes it as it is. Of a generated secret it is
 * the secret itself. A text of the customer's own is no such form: libraries take what can be base64 for
 * base64, and verify with another key.
 */
export function standardWebhooksSecret(secret: string): string {
  return PREFIX + standardWebhooksKey(secret).toString('base64');
}
