const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes are not a JSON list; the message says why, for their sender. */
export class NotAList extends Error {
  override readonly name = 'NotAList';

  constructor(
    message: string,
    /** They begin as a list, but are not JSON. */
    readonly isBroken: boolean,
  ) {
    super(message);
  }
}

/**
 * The items of a JSON list as the bytes of each, without reading them: they may be anything. Each is found
 * when it is asked for, so an error in one saves the work for those behind it. The time for all is
 * proportional to the number of bytes.
 * @param most an item with more bytes is given with about as many, and the items end there.
 * @throws {NotAList} when something other than a list, or something after it, is found.
 */
export function* itemsOf(bytes: Buffer, most: number): Generator<Buffer, void, void> {
  let at = afterSpace(bytes, bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0);
  if (bytes[at] !== OPEN_LIST) throw new NotAList('Invalid data. Expected a JSON array of events.', false);
  at = afterSpace(bytes, at + 1);
  if (bytes[at] === CLOSE_LIST) {
    demandEnd(bytes, at);
    return;
  }
  for (;;) {
    const end = endOfItem(bytes, at, most);
    yield bytes.subarray(at, end);
    if (end - at > most) return;
    if (bytes[end] !== COMMA) {
      demandEnd(bytes, end);
      return;
    }
    at = afterSpace(bytes, end + 1);
  }
}

/** Where the item that begins there ends: at the comma or bracket after it, or soon after the most bytes. */
function endOfItem(bytes: Buffer, from: number, most: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (byte === COMMA && depth === 0) return at;
    if (at - from > most) return at;
  }
  return bytes.length;
}

/** The position of a string's last quote; the end of the bytes if there is none. */
function endOfString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return bytes.length;
}

/** @throws {NotAList} unless the list ends there, and nothing comes after it. */
function demandEnd(bytes: Buffer, at: number): void {
  if (bytes[at] === CLOSE_LIST && afterSpace(bytes, at + 1) === bytes.length) return;
  throw new NotAList('JSON parse error - something other than the end of the list was found.', true);
}

/** The position of the first byte from there on that is not white space (RFC 8259, section 2). */
function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return at;
}
