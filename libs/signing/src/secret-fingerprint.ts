import { createHash } from 'node:crypto';

import type { SigningSecrets } from './webhook-headers.js';

const SHOWN_DIGITS = 8;

/**
 * Tells secrets apart without showing them: the first 8 hex digits of the SHA-256 of the whole secret in
 * UTF-8.
 */
export function secretFingerprint(secret: string): string {
  return fingerprintOfHash(createHash('sha256').update(secret, 'utf8').digest('hex'));
}

/** The same, of a secret of which only the hash is kept. @param hash its SHA-256, in hex. */
export function fingerprintOfHash(hash: string): string {
  return hash.slice(0, SHOWN_DIGITS);
}

/** Fingerprints by the secrets they were made of, as long as those are in memory. */
const fingerprints = new WeakMap<SigningSecrets, readonly string[]>();

/** The fingerprints of the secrets that sign a request, the newest first. */
export function signedWith(secrets: SigningSecrets): readonly string[] {
  let made = fingerprints.get(secrets);
  if (!made) {
    made = [secrets.current, ...secrets.former].map(secretFingerprint);
    fingerprints.set(secrets, made);
  }
  return made;
}
