import { JsonProblem, parseStrictJson } from '@skillora/rest';

import { Unacceptable, whole } from '../unacceptable.js';
import { isExactNumber } from './exact-number.js';

/**
 * Where a number stands that may not be exact: with sixteen digits or more, or an exponent. All others are. Text that
 * looks the same is found too, which costs only time.
 */
const DOUBTFUL_NUMBER = /(?:^|[[:,\s])-?\d(?:[\d.]{15}|[\d.]*[eE])/;

/**
 * Reads JSON such that nothing in it is altered by being read, a key that stands twice in one object included.
 * @param at the path under which the value stands in its event, empty for the event itself.
 * @throws {Unacceptable} `not_json`, or `inexact_number` with the path of each number that JavaScript cannot hold.
 */
export function parseExactJson(bytes: Uint8Array, at = ''): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonProblem) throw whole('not_json', error.message);
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

/** So many numbers of a content are named one by one: answers and log lines must not outgrow what they refuse. */
const NAMED_AT_MOST = 100;

/** The text of a number, from the proposal "JSON.parse source text access" (Node 22 has it). */
type Reviver = (this: object, key: string, value: unknown, context: { source?: string }) => unknown;

function refuseInexact(text: string, at: string): void {
  const inexact: { holder: object; key: string; source: string }[] = [];
  let more = 0;
  const collect: Reviver = function (key, value, { source }) {
    if (typeof value === 'number' && source !== undefined && !isExactNumber(source)) {
      if (inexact.length < NAMED_AT_MOST) inexact.push({ holder: this, key, source });
      else more += 1;
    }
    return value;
  };
  const read: unknown = JSON.parse(text, collect as (this: unknown, key: string, value: unknown) => unknown);
  if (inexact.length === 0) return;
  const paths = pathsOf(read, at);
  const problems = inexact.map(({ holder, key, source }): [string, string[]] => [
    join(paths.get(holder) ?? at, key) || 'non_field_errors',
    [`The number ${source.slice(0, 50)} cannot be passed on exactly; send it as a string.`],
  ]);
  if (more > 0) {
    problems.push(['non_field_errors', [`${more} more numbers cannot be passed on exactly.`]]);
  }
  throw new Unacceptable('inexact_number', Object.fromEntries(problems));
}

/** The path of every object and array within a value. */
function pathsOf(value: unknown, at: string, paths = new Map<object, string>()): Map<object, string> {
  if (typeof value !== 'object' || value === null) return paths;
  paths.set(value, at);
  for (const [key, each] of Object.entries(value)) pathsOf(each, join(at, key), paths);
  return paths;
}

function join(at: string, key: string): string {
  return at === '' ? key : key === '' ? at : `${at}.${key}`;
}
