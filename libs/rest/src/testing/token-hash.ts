import { createHash } from 'node:crypto';

/** The key of a token's lookup: the SHA-256 in lower-case hex. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
