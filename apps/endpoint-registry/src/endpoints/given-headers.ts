import {
  type GivenHeader,
  HEADER_NAME_PATTERN,
  HEADER_VALUE_PATTERN,
  headerNameProblem,
  type HeadersChange,
  headersProblem,
  headerValueProblem,
  isJsonObject,
  MAX_HEADERS,
  MAX_HEADERS_BYTES,
  REFUSED_HEADER_NAME_PATTERN,
} from '@skillora/contracts';
import { InvalidFieldsException, type JsonSchema } from '@skillora/rest';

/** How much of a name an answer repeats, characters. */
const SHOWN_NAME = 64;
/** The schema of `headers` in a body. @param isMerge whether null removes a header. */
export function givenHeadersSchema(isMerge: boolean): JsonSchema {
  // The shortest name leaves this much of the bytes of all.
  const value = { type: 'string', maxLength: MAX_HEADERS_BYTES - 1, pattern: HEADER_VALUE_PATTERN };
  return {
    type: 'object',
    // A merge may also remove any number of headers.
    ...(isMerge ? {} : { maxProperties: MAX_HEADERS }),
    propertyNames: { pattern: HEADER_NAME_PATTERN, not: { pattern: REFUSED_HEADER_NAME_PATTERN } },
    additionalProperties: isMerge ? { anyOf: [value, { type: 'null' }] } : value,
    description:
      `Headers that every request to the endpoint carries beside ours, by name: at most ${MAX_HEADERS}, and ${MAX_HEADERS_BYTES} bytes of names and values together. They are write-only: answers show their names as \`header_names\`. ` +
      'Values are printable ASCII. Not allowed are `Host`, `User-Agent`, `Expect`, headers about the connection, and names that begin with `Content-`, `X-Webhook-` or `Webhook-`; also not `Authorization` beside `authentication`. ' +
      (isMerge
        ? 'Headers that you leave out stay, and null removes one (RFC 7396). Names are compared without regard to case. `{}` removes all.'
        : 'They replace all headers of the endpoint, so `{}` removes all. If you leave `headers` out, an existing endpoint keeps its headers.'),
    examples: [{ 'X-Gateway': 'b7e1c0' }],
  };
}

/**
 * What `headers` of a body asks for.
 * @param isMerge true for a PATCH: headers that are not mentioned stay, and null removes one. `{}` removes all in any
 * case.
 * @throws {InvalidFieldsException} with a sentence for each bad header; it repeats no value.
 */
export function givenHeaders(given: unknown, isMerge: boolean): HeadersChange {
  if (!isJsonObject(given)) {
    throw refused(['Expected an object with names and values of headers. {} removes all headers.']);
  }
  const entries = Object.entries(given);
  const set: GivenHeader[] = [];
  const removed: string[] = [];
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const problem = seen.has(name.toLowerCase())
      ? 'This header is given twice; names are compared without regard to case.'
      : headerNameProblem(name);
    seen.add(name.toLowerCase());
    if (problem !== null) problems.push(about(name, problem));
    else if (value === null && isMerge) removed.push(name);
    else if (typeof value !== 'string') problems.push(about(name, 'Not a valid string.'));
    else {
      const valueProblem = headerValueProblem(value);
      if (valueProblem !== null) problems.push(about(name, valueProblem));
      else set.push({ name, value });
    }
  }
  if (problems.length > 0) throw refused(problems);
  const tooMany = headersProblem(set.length, bytesOf(set));
  if (tooMany !== null) throw refused([tooMany]);
  return { keepsOthers: isMerge && entries.length > 0, set, removed };
}

/** The bytes of headers whose values are given. */
function bytesOf(headers: readonly GivenHeader[]): number {
  // Names and values that got this far are ASCII.
  return headers.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
}

function about(name: string, problem: string): string {
  return `${name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name}: ${problem}`;
}

function refused(problems: string[]): InvalidFieldsException {
  return new InvalidFieldsException({ headers: problems });
}
