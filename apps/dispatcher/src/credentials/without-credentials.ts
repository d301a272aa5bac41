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
    shown = withoutBeginnings(shown.replaceAll(secret, MASK), secret);
    const inJson = JSON.stringify(secret).slice(1, -1);
    if (inJson !== secret) shown = withoutBeginnings(shown.replaceAll(inJson, MASK), inJson);
  }
  return shown;
}

/** A text in which no part ends with the beginning of a secret: what is kept of an answer may be cut within one. */
function withoutBeginnings(text: string, secret: string): string {
  if (!text.includes(CUT)) return withoutBeginning(text, secret);
  return text
    .split(CUT)
    .map((part) => withoutBeginning(part, secret))
    .join(CUT);
}

function withoutBeginning(text: string, secret: string): string {
  const last = text.at(-1);
  for (let length = Math.min(secret.length - 1, text.length); length >= SHORTEST_PART; length -= 1) {
    // Most lengths are ruled out by one character: this runs for each text of each answer.
    if (secret[length - 1] !== last) continue;
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, -length) + MASK;
  }
  return text;
}
