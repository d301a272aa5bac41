import { endOfString, outlineOf } from './json-text.js';

/** JSON nested deeper is refused: nothing of ours is, and other programs fail on it. */
const MAX_DEPTH = 64;

/**
 * JSON of more values is refused. They cost far more than the text they are written in: half a million keys in 4 MiB keep a
 * process busy for a second. An event that fits 256 KiB has fewer, and so has a batch of a thousand ordinary ones.
 */
const MAX_VALUES = 200_000;

/** JSON that is refused; the message says why, in one sentence for its sender. */
export class JsonProblem extends Error {
  override readonly name = 'JsonProblem';

  constructor(
    message: string,
    /** It may well be JSON, of more than anybody needs. */
    readonly isTooLarge = false,
  ) {
    super(message);
  }
}

/**
 * Reads JSON about which no two readers can disagree: no key stands twice in one object (RFC 8259 §4 leaves open which
 * of the values counts, and a check may look at one while what follows uses the other), nothing is nested deeper than 64
 * levels, and there are at most 200,000 values. Takes time in proportion to the text.
 * @throws {JsonProblem} saying what is wrong, a key that stands twice by its name.
 */
export function parseStrictJson(text: string): unknown {
  const { depth, keys, values } = outlineOf(text);
  // Before it is read: two million open brackets are read at the cost of as many lists.
  if (depth > MAX_DEPTH) throw new JsonProblem(`JSON is nested deeper than ${MAX_DEPTH} levels.`);
  if (values > MAX_VALUES) throw new JsonProblem(`JSON holds more than ${MAX_VALUES} values.`, true);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new JsonProblem(`JSON parse error - ${reason.slice(0, 200)}`);
  }
  // Counting is quick, and says all there is to say about nearly every text.
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

/** Whether the string that ends there is a key: a colon comes next. */
function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (/\s/.test(text[next] ?? '')) next += 1;
  return text[next] === ':';
}

/** The first key that stands twice in one object, shortened; of a text that is known to be JSON and to have one. */
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
