/** JSON nested deeper is refused: nothing of ours is, and other programs fail on it. */
const MAX_DEPTH = 64;

/** JSON that is refused; the message says why, in one sentence for its sender. */
export class JsonProblem extends Error {
  override readonly name = 'JsonProblem';
}

/**
 * Reads JSON about which no two readers can disagree: no key stands twice in one object (RFC 8259 §4 leaves open which
 * of the values counts, and a check may look at one while what follows uses the other), and nothing is nested deeper than
 * 64 levels.
 * @throws {JsonProblem} saying what is wrong, a key that stands twice by its name.
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new JsonProblem(`JSON parse error - ${reason.slice(0, 200)}`);
  }
  if (nestedDeeperThan(value, MAX_DEPTH)) {
    throw new JsonProblem(`JSON is nested deeper than ${MAX_DEPTH} levels.`);
  }
  // Counting is quick, and says all there is to say about nearly every text.
  if (keysWritten(text) !== keysRead(value)) {
    throw new JsonProblem(`JSON parse error - the key "${repeatedKey(text)}" stands twice in one object.`);
  }
  return value;
}

/** Whether a value is nested deeper than `limit` levels; looks level by level, so that no nesting can exhaust the stack. */
export function nestedDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) return true;
    level = level.flatMap((each): unknown[] =>
      typeof each === 'object' && each !== null ? Object.values(each) : [],
    );
  }
  return false;
}

const QUOTE = 0x22;
const COLON = 0x3a;

/** How many keys stand in a text that is known to be JSON: as many as there are colons outside of strings. */
function keysWritten(text: string): number {
  let keys = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === COLON) keys += 1;
    else if (character === QUOTE) at = endOfString(text, at);
  }
  return keys;
}

function keysRead(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return values.reduce<number>((sum, each) => sum + keysRead(each), Array.isArray(value) ? 0 : values.length);
}

/** @param at where the string's first quote stands. @returns where its last one does. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
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
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        const keys = open.at(-1);
        if (keys?.has(key)) return JSON.stringify(key.slice(0, 100)).slice(1, -1);
        keys?.add(key);
      }
      at = end;
    }
  }
  return '';
}
