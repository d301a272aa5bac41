/* Facts about a JSON text that are found without parsing it, in time proportional to its length. */

export const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The outline of a text. For a text that is not JSON it is not reliable. */
export interface JsonOutline {
  /** The maximum depth of nested objects and lists. */
  readonly depth: number;
  /** The number of keys; a repeated key counts twice. */
  readonly keys: number;
  /** An upper bound of the number of values: each comma and each bracket begins one. */
  readonly values: number;
}

/** Computes the outline of a text: it has as many keys as colons outside of strings. */
export function outlineOf(text: string): JsonOutline {
  let [depth, deepest, keys, values] = [0, 0, 0, 1];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfString(text, at);
    else if (character === COLON) keys += 1;
    else if (character === COMMA) values += 1;
    else if (character === OPEN_LIST || character === OPEN_OBJECT) {
      values += 1;
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (character === CLOSE_LIST || character === CLOSE_OBJECT) depth -= 1;
  }
  return { depth: deepest, keys, values };
}

const BACKSLASH = 0x5c;

/**
 * @param at the position of a string's first quote.
 * @returns the position of its last quote; the end of the text if there is none.
 */
export function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
