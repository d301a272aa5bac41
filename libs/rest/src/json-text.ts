/* What can be seen in a JSON text without reading it. All of it takes time in proportion to the text. */

export const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What a text looks like. Of one that is no JSON it says nothing reliable. */
export interface JsonOutline {
  /** How many objects and lists stand within each other at most. */
  readonly depth: number;
  /** How many keys are written, one that stands twice counted twice. */
  readonly keys: number;
  /** How many values stand in it, at most: each comma and each bracket begins one. */
  readonly values: number;
}

/** The outline of a text: keys are as many as colons outside of strings. */
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
 * @param at where a string's first quote stands.
 * @returns where its last one does; the end of the text where there is none.
 */
export function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}
