import { endOfString, outlineOf } from './json-text.js';

/** Deeper JSON is refused: none of our data is that deep, and other programs fail on it. */
const MAX_DEPTH = 64;

/**
 * JSON with more values is refused. Values cost far more than their text: half a million keys in 4 MiB keep a
 * process busy for a second. An event within 256 KiB has fewer, and so has a batch of a thousand ordinary
 * events.
 */
const MAX_VALUES = 200_000;

/** How many values may still be read. Readers of several texts of one body share it. */
export interface JsonAllowance {
  values: number;
}

/** The allowance of one body. */
export function allowanceOfBody(): JsonAllowance {
  return { values: MAX_VALUES };
}

/** Refused JSON; the message says why, in one sentence for its sender. */
export class JsonProblem extends Error {
  override readonly name = 'JsonProblem';

  constructor(
    message: string,
    /** It may be valid JSON, but has more values than anybody needs. */
    readonly isTooLarge = false,
  ) {
    super(message);
  }
}

/**
 * Reads JSON that all readers understand in the same way. No key may occur twice in one object: RFC 8259 §4
 * leaves open which value counts, so a check may see one value and later code the other. Nesting may be 64
 * levels deep, with at most 200,000 values. The time is proportional to the length of the text.
 * @param allowance loses the values of this text.
 * @throws {JsonProblem} with the problem; a repeated key is named.
 */
export function parseStrictJson(text: string, allowance: JsonAllowance = allowanceOfBody()): unknown {
  const { depth, keys, values } = outlineOf(text);
  // Checked before parsing: parsing two million open brackets would create as many lists.
  if (depth > MAX_DEPTH) throw new JsonProblem(`JSON is nested deeper than ${MAX_DEPTH} levels.`);
  allowance.values -= values;
  if (allowance.values < 0) throw new JsonProblem(`JSON holds more than ${MAX_VALUES} values.`, true);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new JsonProblem(`JSON parse error - ${reason.slice(0, 200)}`);
  }
  // Counting is quick, and it decides for nearly every text.
  if (keys !== keysRead(value)) {
    throw new JsonProblem(`JSON parse error - the key "${repeatedKey(text)}" stands twice in one object.`);
  }
  return value;
}

function keysRead(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const isList = Array.isArray(value);
  const values: unknown[] = isList ? value : Object.values(value);
  let keys = isList ? 0 : values.length;
  for (const each of values) if (typeof each === 'object') keys += keysRead(each);
  return keys;
}

/** Whether the string that ends there is a key: a colon follows. */
function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (/\s/.test(text[next] ?? '')) next += 1;
  return text[next] === ':';
}

/** The first key that occurs twice in one object, shortened. The text must be valid JSON with such a key. */
function repeatedKey(text: string): string {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      if (isKey(text, end)) {
        const written = text.slice(at + 1, end);
        const key = written.includes('\\') ? (JSON.parse(text.slice(at, end + 1)) as string) : written;
        const keys = open.at(-1);
        if (keys?.has(key)) return JSON.stringify(key.slice(0, 100)).slice(1, -1);
        keys?.add(key);
      }
      at = end;
    }
  }
  return '';
}
