import { randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const GENERATED_BYTES = 32;

/** Length limits of a custom secret, in characters (Unicode code points). */
export const SECRET_LENGTH = { min: 16, max: 255 } as const;

/**
 * The characters that a person can see and copy: all except control, format, private-use and unassigned
 * characters, surrogates, and separators other than the space. This is the rule of Python's
 * `str.isprintable`.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** A new signing secret: `whsec_` and 32 random bytes in base64. */
export function generateSecret(): string {
  return PREFIX + randomBytes(GENERATED_BYTES).toString('base64');
}

/**
 * Why `secret` is not allowed as a custom signing secret, as a sentence for the customer; null if it is
 * allowed. Printable also means well-formed: a lone surrogate has no UTF-8, and the HMAC key is the secret's
 * UTF-8. Nothing is ever trimmed or normalised, because the receiver would then use another key.
 */
export function secretProblem(secret: unknown): string | null {
  if (typeof secret !== 'string') return 'Not a valid string.';
  // Checked in code units first: splitting a body of megabytes into characters would be wasted work.
  const length = secret.length > 2 * SECRET_LENGTH.max ? Infinity : Array.from(secret).length;
  if (length < SECRET_LENGTH.min) return `Ensure this field has at least ${SECRET_LENGTH.min} characters.`;
  if (length > SECRET_LENGTH.max)
    return `Ensure this field has no more than ${SECRET_LENGTH.max} characters.`;
  if (UNPRINTABLE.test(secret)) return 'Only printable characters are allowed.';
  return null;
}
