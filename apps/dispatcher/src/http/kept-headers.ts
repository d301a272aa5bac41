import type { AnswerHeaders } from './answer-head.js';

/** How many headers of an answer are kept, from the first on. */
export const KEPT_HEADERS = 32;
/** How much of each value is kept, characters. */
export const KEPT_VALUE_LENGTH = 512;
/** How much of all names and values together is kept, characters. */
export const KEPT_HEADERS_LENGTH = 2_048;

/** Marks what was left out. */
export const CUT = '…';

/** About the connection and not about the answer (RFC 9110, 7.6.1). */
const ABOUT_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Names of headers with credentials: a session, a token, or parts of our request that a receiver echoes. */
const SECRET = /cookie|authorization|authentication-info|signature|token|secret|password|api-?key/;

/** Headers that hold URLs, whose credentials, query and fragment may be secret, as in `redirectTarget`. */
const HOLDS_URL: ReadonlySet<string> = new Set(['location', 'content-location', 'link', 'refresh']);

/**
 * The headers of an answer that are kept, by names in lower case and in their order. Values of one name are
 * joined by commas (RFC 9110, 5.3). An ellipsis replaces a credential, and ends a value that was cut.
 */
export function keptHeaders(headers: AnswerHeaders): Record<string, string> {
  const kept = Object.create(null) as Record<string, string>;
  let count = 0;
  let left = KEPT_HEADERS_LENGTH;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value === undefined || ABOUT_THE_CONNECTION.has(name)) continue;
    const shown = SECRET.test(name) ? CUT : shownValue(name, value);
    left -= name.length + shown.length;
    if (left < 0 || ++count > KEPT_HEADERS) break;
    kept[name] = shown;
  }
  return kept;
}

function shownValue(name: string, value: string | string[]): string {
  const text = typeof value === 'string' ? value : value.join(', ');
  return cut(HOLDS_URL.has(name) ? withoutSecretParts(text) : text);
}

/** Ends at the first query or fragment, and has no part before an `@`. */
function withoutSecretParts(url: string): string {
  const end = url.search(/[?#]/);
  const path = end < 0 ? url : url.slice(0, end) + CUT;
  const at = path.lastIndexOf('@');
  return at < 0 ? path : CUT + path.slice(at);
}

function cut(value: string): string {
  return value.length > KEPT_VALUE_LENGTH ? value.slice(0, KEPT_VALUE_LENGTH - 1) + CUT : value;
}
