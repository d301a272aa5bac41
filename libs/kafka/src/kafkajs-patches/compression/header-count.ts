import { UnreadableBytes } from './unreadable-bytes.js';

/** A number in a record takes at most this many bytes (Kafka's varlong). */
const LONGEST_NUMBER = 10;

/**
 * Counts the headers of records by walking over them, without creating objects (KIP-98).
 * @param records the records of a batch, decompressed.
 * @throws {UnreadableBytes} when the bytes do not hold the stated number of records.
 */
export function headersNamed(records: Buffer, count: number): number {
  let sum = 0;
  let at = 0;
  for (let record = 0; record < count; record += 1) {
    const length = numberAt(records, at);
    const end = length.end + length.value;
    if (length.value < 0 || end > records.length) throw cutOff();
    // The attributes, one byte, and the differences of time and offset to those of the batch.
    at = endOfNumber(records, endOfNumber(records, length.end + 1));
    for (const _part of ['key', 'value']) {
      const part = numberAt(records, at);
      at = part.end + Math.max(0, part.value);
    }
    sum += Math.max(0, numberAt(records, at).value);
    at = end;
  }
  return sum;
}

/** A number in groups of seven bits, lowest group first; its lowest bit is the sign. */
function numberAt(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  const end = endOfNumber(bytes, at);
  let doubled = 0;
  for (let index = end - 1; index >= at; index -= 1) doubled = doubled * 128 + ((bytes[index] ?? 0) & 0x7f);
  return { value: doubled % 2 === 0 ? doubled / 2 : -(doubled + 1) / 2, end };
}

function endOfNumber(bytes: Buffer, at: number): number {
  for (let index = at; index < at + LONGEST_NUMBER; index += 1) {
    const byte = bytes[index];
    if (byte === undefined) throw cutOff();
    if (byte < 0x80) return index + 1;
  }
  throw new UnreadableBytes('a record holds a number that is too long');
}

const cutOff = (): UnreadableBytes => new UnreadableBytes('a record is cut off');
