/** A header that every request to an endpoint carries beside ours. Its value is encrypted. */
export interface SealedHeader {
  /** As the customer wrote it. Names are compared without regard to case (RFC 9110, 5.1). */
  readonly name: string;
  /** The value, encrypted with `SECRETS_KEY`; the endpoint's id and the name are associated data. */
  readonly sealedValue: string;
}

/** A header with the value that a customer gave it. */
export interface GivenHeader {
  readonly name: string;
  readonly value: string;
}

/** What a request changes about the extra headers of an endpoint. */
export interface HeadersChange<T extends { readonly name: string } = GivenHeader> {
  /** Whether headers that are not mentioned stay. */
  readonly keepsOthers: boolean;
  readonly set: readonly T[];
  /** The names of headers to remove; those that are not there are ignored (RFC 7396). */
  readonly removed: readonly string[];
}

/** How many extra headers an endpoint can have. */
export const MAX_HEADERS = 20;
/** How long the names and values of all extra headers may be together, bytes. */
export const MAX_HEADERS_BYTES = 4_096;

/** A `token` (RFC 9110, 5.6.2), as a regular expression. */
export const HEADER_NAME_PATTERN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
/**
 * A text that can be the value of an extra header, as a regular expression: `VCHAR` with spaces inside (RFC 9110, 5.5).
 * Bytes above ASCII are left out: receivers read them in different ways.
 */
export const HEADER_VALUE_PATTERN = '^[!-~]([ -~]*[!-~])?$';
const NAME = new RegExp(HEADER_NAME_PATTERN);
const VALUE = /^[ -~]*$/;

/** Why names are refused, by name in lower case. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['host', 'Host follows from the URL.'],
  ...[
    'connection',
    'expect',
    'http2-settings',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ].map((name) => [name, 'Headers about the connection cannot be set (RFC 9110, 7.6.1).'] as const),
  ['user-agent', 'User-Agent is set by the sender.'],
  // Many readers take it for the prototype of an object.
  ['--proto--', 'This name cannot be used.'],
]);
const REFUSED_PREFIXES: readonly (readonly [prefix: string, why: string])[] = [
  ['content-', 'Content-* describe the body, and are set by the sender.'],
  ['x-webhook-', 'X-Webhook-* are set by the sender.'],
  ['webhook-', 'Webhook-* are set by the sender.'],
];

/**
 * The names that {@link headerNameProblem} refuses although they are tokens, as a regular expression without flags, which
 * schemas need.
 */
export const REFUSED_HEADER_NAME_PATTERN = `^(${[
  ...REFUSED.keys(),
  ...REFUSED_PREFIXES.map(([prefix]) => `${prefix}.*`),
]
  .map((name) =>
    name.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`).replaceAll('-', '[_-]'),
  )
  .join('|')})$`;

/** Why a name cannot be that of an extra header, as a sentence; null if it can be. */
export function headerNameProblem(name: string): string | null {
  if (!NAME.test(name)) return 'Not a valid header name (RFC 9110, 5.1).';
  // CGI and WSGI show receivers `-` and `_` as the same character, so a name with `_` could replace one of ours.
  const compared = name.toLowerCase().replaceAll('_', '-');
  return (
    REFUSED.get(compared) ?? REFUSED_PREFIXES.find(([prefix]) => compared.startsWith(prefix))?.[1] ?? null
  );
}

/** Why a text cannot be the value of an extra header, as a sentence; null if it can be. */
export function headerValueProblem(value: string): string | null {
  if (value === '') return 'The value may not be blank.';
  if (!VALUE.test(value)) return 'The value may hold only printable ASCII characters.';
  // Receivers leave such spaces out (RFC 9110, 5.5), so they would not see what was set.
  if (value.startsWith(' ') || value.endsWith(' ')) return 'The value may not begin or end with a space.';
  return null;
}

/** Whether two names are those of one header. */
export function isSameHeader(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * The extra headers after a change, as RFC 7396 merges objects, with names that are compared without regard to case. A
 * header that is set again keeps its place, and is then named as in the change. New ones follow in the order of the
 * change.
 */
export function changedHeaders<T extends { readonly name: string }>(
  present: readonly T[],
  { keepsOthers, set, removed }: HeadersChange<T>,
): readonly T[] {
  const gone = new Set(removed.map((name) => name.toLowerCase()));
  const headers = new Map<string, T>();
  for (const each of keepsOthers ? present : []) {
    if (!gone.has(each.name.toLowerCase())) headers.set(each.name.toLowerCase(), each);
  }
  for (const each of set) headers.set(each.name.toLowerCase(), each);
  return [...headers.values()];
}

/** Why so many headers cannot be set together, as a sentence; null if they can be. @param bytes of all names and values. */
export function headersProblem(count: number, bytes: number): string | null {
  if (count > MAX_HEADERS) return `An endpoint can have ${MAX_HEADERS} headers; these would be ${count}.`;
  if (bytes > MAX_HEADERS_BYTES) {
    return `All names and values together can have ${MAX_HEADERS_BYTES} bytes; these would have ${bytes}.`;
  }
  return null;
}
