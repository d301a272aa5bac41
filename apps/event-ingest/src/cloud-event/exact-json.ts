import { Faults, JsonProblem, MAX_FAULTS, parseStrictJson } from '@skillora/rest';

import { Unacceptable, whole } from '../unacceptable.js';
import { isExactNumber } from './exact-number.js';
import { numbersIn } from './json-numbers.js';

/**
 * Where a number stands that may not be exact: with sixteen digits or more, or an exponent. All others are. Text that
 * looks the same is found too, which costs only time.
 */
const DOUBTFUL_NUMBER = /(?:^|[[:,\s])-?\d(?:[\d.]{15}|[\d.]*[eE])/;
/** Fifteen digits at most and no exponent: what a double holds as it is written. */
const PLAINLY_EXACT = /^-?[\d.]{1,15}$/;
/**
 * What JavaScript writes for a double has 25 characters at most, and none needs more than 326 without an exponent
 * (`5e-324`). A longer one is a mistake, or an attack.
 */
const MAX_NUMBER_CHARACTERS = 400;
/** So much of a number is shown, characters. */
const SHOWN = 50;

/**
 * Reads JSON such that nothing in it is altered by being read, a key that stands twice in one object included.
 * @param at the path under which the value stands in its event, empty for the event itself.
 * @throws {Unacceptable} `not_json`, or `inexact_number` with the path of each number that JavaScript cannot hold, or that
 * has more than 400 characters.
 */
export function parseExactJson(bytes: Uint8Array, at = ''): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonProblem) throw whole(error.isTooLarge ? 'too_large' : 'not_json', error.message);
    throw error;
  }
  if (DOUBTFUL_NUMBER.test(text)) refuseInexact(text, at);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
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
  throw new Unacceptable('inexact_number', faults.problems);
}

function numberProblem(source: string): string | null {
  if (source.length > MAX_NUMBER_CHARACTERS) {
    return `The number ${source.slice(0, SHOWN)}… has more than ${MAX_NUMBER_CHARACTERS} characters; send it as a string.`;
  }
  if (PLAINLY_EXACT.test(source) || isExactNumber(source)) return null;
  return `The number ${source.slice(0, SHOWN)} cannot be passed on exactly; send it as a string.`;
}
