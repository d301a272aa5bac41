import { endOfString } from '@skillora/validation';

/** A number in a text, and the keys and indices that lead to it. */
export interface WrittenNumber {
  readonly source: string;
  readonly path: readonly string[];
}

/** An object or a list that contains the current position. */
interface Holder {
  readonly isObject: boolean;
  /** For an object: the next string is a key. */
  expectsKey: boolean;
  /** For an object: the position of its latest key, quotes included. */
  keyFrom: number;
  keyTo: number;
  /** The latest key. It is decoded once, however many numbers are under it. */
  key: string | null;
  /** For a list: the index of the current item. */
  index: number;
}

/** No path in an answer shows more characters of a key. */
const SHOWN_KEY_CHARACTERS = 300;
const [QUOTE, COMMA, MINUS, ZERO, NINE] = [0x22, 0x2c, 0x2d, 0x30, 0x39];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Finds numbers in valid JSON text. As long as `most` is small, the time is proportional to the length of the
 * text, whatever the number of numbers and the length of their paths.
 * @param isWanted is called with each number as it is written.
 * @param most the maximum number of results; the first ones are found.
 */
export function numbersIn(
  text: string,
  isWanted: (source: string) => boolean,
  most: number,
): WrittenNumber[] {
  const found: WrittenNumber[] = [];
  const holders: Holder[] = [];
  let holder: Holder | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      const end = endOfString(text, at);
      if (holder?.expectsKey) {
        holder.expectsKey = false;
        holder.keyFrom = at;
        holder.keyTo = end + 1;
        holder.key = null;
      }
      at = end;
    } else if (character === COMMA) {
      if (holder?.isObject) holder.expectsKey = true;
      else if (holder) holder.index += 1;
    } else if (character === OPEN_LIST || character === OPEN_OBJECT) {
      const isObject = character === OPEN_OBJECT;
      holder = { isObject, expectsKey: isObject, keyFrom: 0, keyTo: 0, key: null, index: 0 };
      holders.push(holder);
    } else if (character === CLOSE_LIST || character === CLOSE_OBJECT) {
      holders.pop();
      holder = holders.at(-1);
    } else if (character === MINUS || (character >= ZERO && character <= NINE)) {
      const end = endOfNumber(text, at);
      const source = text.slice(at, end);
      at = end - 1;
      if (!isWanted(source)) continue;
      found.push({ source, path: holders.map((each) => keyOf(each, text)) });
      if (found.length >= most) return found;
    }
  }
  return found;
}

/** The characters of a number: digits, signs, the point, `e` and `E`. */
function endOfNumber(text: string, at: number): number {
  let end = at + 1;
  for (; end < text.length; end += 1) {
    const character = text.charCodeAt(end);
    const isOfNumber =
      (character >= ZERO && character <= NINE) ||
      character === 0x2e ||
      character === 0x65 ||
      character === 0x45 ||
      character === 0x2b ||
      character === MINUS;
    if (!isOfNumber) break;
  }
  return end;
}

function keyOf(holder: Holder, text: string): string {
  if (!holder.isObject) return String(holder.index);
  holder.key ??= (JSON.parse(text.slice(holder.keyFrom, holder.keyTo)) as string).slice(
    0,
    SHOWN_KEY_CHARACTERS,
  );
  return holder.key;
}
