import type { SecretBox } from './secret-box.js';
import type { SigningSecrets } from './webhook-headers.js';

/** A former secret of an endpoint, sealed. */
export interface SealedFormerSecret {
  readonly sealedSecret: string;
  /** Until when it signs, ISO 8601. */
  readonly expiresAt: string;
}

/** The secrets of an endpoint as they are stored. */
export interface SealedSecrets {
  /** The endpoint's id, which its secrets are sealed for. */
  readonly id: string;
  readonly sealedSecret: string;
  readonly formerSecrets?: readonly SealedFormerSecret[];
}

/** The former secrets that sign at `now` (ms since the epoch), newest first. */
export function validFormerSecrets(
  { formerSecrets = [] }: SealedSecrets,
  now: number,
): readonly SealedFormerSecret[] {
  return formerSecrets.filter(({ expiresAt }) => Date.parse(expiresAt) > now);
}

/**
 * The secrets that sign a request to an endpoint at `now` (ms since the epoch).
 * @throws {Error} when `SECRETS_KEY` lacks the key that one of them was sealed with.
 */
export function openSigningSecrets(box: SecretBox, sealed: SealedSecrets, now: number): SigningSecrets {
  return {
    current: box.open(sealed.sealedSecret, sealed.id),
    former: validFormerSecrets(sealed, now).map(({ sealedSecret }) => box.open(sealedSecret, sealed.id)),
  };
}
