import { CUT } from '../http/kept-headers.js';

/** What an answer shows in the place of a credential. */
export const MASK = '***';

/**
 * Shorter texts are left as they are: they are hardly credentials, and a text without every `1` would be of no use.
 */
const SHORTEST = 8;
/** The beginning of a credential, within which an answer was cut, is masked from this many characters on. */
const SHORTEST_PART = 4;

/**
 * A text of a receiver without the credentials that it repeats, as servers do which show the request in an error page.
 * @param secrets what was sent.
 */
export function withoutCredentials(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    // As it is, and as JSON has it.
    const written = new Set([secret, JSON.stringify(secret).slice(1, -1)]);
    for (const form of written) {
      shown = withoutBeginnings(shown.replaceAll(form, MASK), form);
    }
  }
  return shown;
}

/** A text in which no part ends with the beginning of a secret: what is kept of an answer may be cut within one. */
function withoutBeginnings(text: string, secret: string): string {
  return text
    .split(CUT)
    .map((part) => withoutBeginning(part, secret))
    .join(CUT);
}

function withoutBeginning(text: string, secret: string): string {
  for (let length = Math.min(secret.length - 1, text.length); length >= SHORTEST_PART; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + MASK;
  }
  return text;
}
