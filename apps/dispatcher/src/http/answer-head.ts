import { InvalidAnswerError } from './answer-errors.js';

/** Headers by their names in lower case; a repeated header is an array. The object inherits nothing. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * RFC 9112, 4: white space of any kind may separate the parts, and the text after the status has no meaning.
 * A few servers write `HTTP/0.9` or `HTTP/2.0` before an HTTP/1 answer, and clients accept it.
 */
const STATUS_LINE = /^[\t\v\f\r ]*HTTP\/(1\.\d|0\.9|2\.0)[\t\v\f\r ]+([1-9]\d\d)(?:[\t\v\f\r ]|$)/;
/** RFC 9112, 5.1: a name is a token; white space before the colon is removed. */
const FIELD_NAME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[\t ]*:/;
/** The two characters that RFC 9110, 5.5 calls dangerous within a value. */
const DANGEROUS = /[\0\r]/;

/** What the beginning of a status line looks like. */
const BEGINNING = /^[\t\v\f\r ]*(?:HTTP\/.*|HTTP|HTT|HT|H|)$/s;
const NO_STATUS_LINE = 'it does not begin with a status line of HTTP/1.1';

/** The first line of an answer. */
export interface StatusLine {
  /** For example `1.1`. */
  readonly version: string;
  /** 100 to 999. */
  readonly status: number;
}

/**
 * Reads the first line of an answer.
 * @param line as Latin-1, without its line end.
 * @throws {InvalidAnswerError} when it is not a status line.
 */
export function readStatusLine(line: string): StatusLine {
  const [, version, status] = STATUS_LINE.exec(line) ?? [];
  if (version === undefined) throw new InvalidAnswerError(NO_STATUS_LINE);
  return { version, status: Number(status) };
}

/** An answer without its body. */
export interface AnswerHead extends StatusLine {
  readonly headers: AnswerHeaders;
}

/**
 * Checks whether an incomplete first line may become a status line, so that nobody waits for the end of
 * another protocol's greeting.
 * @throws {InvalidAnswerError} when it cannot.
 */
export function checkBeginning(line: string): void {
  if (!BEGINNING.test(line)) throw new InvalidAnswerError(NO_STATUS_LINE);
}

/**
 * Reads the headers of an answer as tolerantly as RFC 9112 allows a client; servers must be stricter.
 * @param lines the lines between status line and empty line, each as Latin-1 without its line end.
 * @throws {InvalidAnswerError} when they are not headers.
 */
export function readHeaders(lines: readonly string[]): AnswerHeaders {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (const line of unfolded(lines)) {
    const [beginning, name] = FIELD_NAME.exec(line) ?? [];
    if (beginning === undefined || name === undefined) {
      throw new InvalidAnswerError('one of its headers has no name or no colon');
    }
    const value = trimmed(line.slice(beginning.length));
    if (DANGEROUS.test(value))
      throw new InvalidAnswerError('one of its headers holds NUL or a carriage return');
    const key = name.toLowerCase();
    const before = headers[key];
    if (before === undefined) headers[key] = value;
    else if (typeof before === 'string') headers[key] = [before, value];
    else before.push(value);
  }
  return headers;
}

/**
 * The unchanged values of a header that is a list, over all of its lines (RFC 9110, 5.3). Empty values are
 * left out (5.6.1).
 */
export function listOf(headers: AnswerHeaders, name: string): string[] {
  const value = headers[name];
  if (value === undefined) return [];
  if (typeof value === 'string' && !value.includes(',')) return value === '' ? [] : [value];
  return [value]
    .flat()
    .flatMap((line) => line.split(',').map(trimmed))
    .filter((each) => each !== '');
}

/**
 * The complete lines of headers: a line that begins with white space continues the one before (RFC 9112,
 * 5.2), and is ignored if there is none (2.2).
 */
function unfolded(lines: readonly string[]): readonly string[] {
  if (!lines.some(isFolded)) return lines;
  const whole: string[] = [];
  for (const line of lines) {
    if (!isFolded(line)) whole.push(line);
    else if (whole.length > 0) whole.push(`${whole.pop() ?? ''} ${trimmed(line)}`);
  }
  return whole;
}

const isFolded = (line: string): boolean => line.startsWith(' ') || line.startsWith('\t');

/** Removes HTTP's white space around a text; JavaScript's `trim` would remove more. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09;
