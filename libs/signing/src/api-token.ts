import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'sk_';
const GENERATED_BYTES = 32;

/**
 * A new API token: `sk_` and 32 random bytes in base64url, which needs no quoting in headers, URLs and
 * shells.
 */
export function generateToken(): string {
  return PREFIX + randomBytes(GENERATED_BYTES).toString('base64url');
}

/**
 * The SHA-256 of a token's UTF-8 in lower-case hex: the only form in which a token is stored. A fast hash is
 * enough, since a token has 256 random bits and cannot be guessed like a password.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
