import { Faults, type JsonAllowance, JsonProblem, MAX_FAULTS, parseStrictJson } from '@skillora/validation';

import { UnacceptableException, whole } from '../unacceptable.js';
import { isExactNumber } from './exact-number.js';
import { numbersIn } from './json-numbers.js';

/**
 * Matches numbers that may not be exact: sixteen digits or more, or an exponent. All other numbers are exact.
 * The pattern may also match harmless text, which costs only time.
 */
const DOUBTFUL_NUMBER = /(?:^|[[:,\s])-?\d(?:[\d.]{15}|[\d.]*[eE])/;
/** At most fifteen digits and no exponent: a double holds such a number exactly as it is written. */
const PLAINLY_EXACT = /^-?[\d.]{1,15}$/;
/**
 * The maximum length of a number. JavaScript writes a double with at most 25 characters, and none needs more
 * than 326 without an exponent (`5e-324`). A longer number is a mistake or an attack.
 */
const MAX_NUMBER_CHARACTERS = 400;
/** How many characters of a number an error message shows. */
const SHOWN = 50;

/**
 * Reads JSON so that nothing in it is altered by reading. A key that occurs twice in one object is refused.
 * @param at the path of the value in its event; empty for the event itself.
 * @param allowance of the body that the bytes are a part of; absent when they are all of it.
 * @throws {UnacceptableException} `not_json`, or `inexact_number` with the path of each number that JavaScript cannot
 * hold or that has more than 400 characters.
 */
export function parseExactJson(bytes: Uint8Array, at = '', allowance?: JsonAllowance): unknown {
  // Only the beginning of a body may be a byte order mark (RFC 8259, section 8.1).
  const text = decode(bytes, allowance !== undefined);
  let value: unknown;
  try {
    value = parseStrictJson(text, allowance);
  } catch (error) {
    if (error instanceof JsonProblem) throw whole(error.isTooLarge ? 'too_large' : 'not_json', error.message);
    throw error;
  }
  if (DOUBTFUL_NUMBER.test(text)) refuseInexact(text, at);
  return value;
}

function decode(bytes: Uint8Array, ignoreBOM: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM }).decode(bytes);
  } catch {
    throw whole('not_json', 'JSON parse error - the bytes are not UTF-8.');
  }
}

function refuseInexact(text: string, at: string): void {
  const inexact = numbersIn(text, (source) => numberProblem(source) !== null, MAX_FAULTS + 1);
  if (inexact.length === 0) return;
  const faults = new Faults();
  for (const { source, path } of inexact) {
    faults.note(at === '' ? path : [at, ...path], numberProblem(source) ?? '');
  }
  throw new UnacceptableException('inexact_number', faults.problems);
}

function numberProblem(source: string): string | null {
  if (source.length > MAX_NUMBER_CHARACTERS) {
    return `The number ${source.slice(0, SHOWN)}… has more than ${MAX_NUMBER_CHARACTERS} characters; send it as a string.`;
  }
  if (PLAINLY_EXACT.test(source) || isExactNumber(source)) return null;
  return `The number ${source.slice(0, SHOWN)} cannot be passed on exactly; send it as a string.`;
}
