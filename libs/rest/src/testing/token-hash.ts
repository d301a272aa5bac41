import { createHash } from 'node:crypto';

/** How tokens are looked up: the SHA-256 in lower-case hex. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
