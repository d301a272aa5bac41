import {
  amendOnce,
  type Decoder,
  decoderPrototype,
  type Encoder,
  encoderPrototype,
} from './kafkajs-internals.js';
import type { RawHeader } from '../records/record-headers.js';
import { UnreadHeaders } from '../records/unread-headers.js';

/**
 * Represents null in the amended encoder. kafkajs asks for the size of each value before it writes it, and
 * null has no size; null and the empty value are equally long on the wire.
 */
const NULL_VALUE = Buffer.alloc(0);

/**
 * Makes kafkajs read and write all headers that Kafka allows. The headers it reads are {@link UnreadHeaders}. kafkajs
 * itself has these faults: It throws on writing a null value (kafkajs #1789). It takes inherited properties for values
 * (`constructor`). It changes names that are not UTF-8, and moves names that are numbers to the front. Its time grows
 * with the square of the number of headers: one record with half a million small headers would block it for minutes.
 *
 * Upstream: kafkajs #1789 (open) for the null value, with #1786 as its fix; no issue known for the rest.
 * Delete when kafkajs hands on headers as a list of names and values. `record-headers.int.spec.ts`
 * then passes without it.
 */
export function keepAllHeaders(): void {
  // kafkajs reads only headers in this way.
  amendOnce(
    decoderPrototype(),
    'readVarIntArray',
    () =>
      function (this: Decoder) {
        const headers = UnreadHeaders.passOver(this);
        // kafkajs creates an object from the returned list.
        return { reduce: () => headers };
      },
  );
  amendOnce(
    encoderPrototype(),
    'writeVarIntBytes',
    (write) =>
      function (this: Encoder, value) {
        return write.call(this, value === NULL_VALUE ? null : value);
      },
  );
  amendOnce(
    encoderPrototype(),
    'writeVarIntString',
    (write) =>
      function (this: Encoder, value) {
        return Buffer.isBuffer(value) ? this.writeVarIntBytes(value) : write.call(this, value);
      },
  );
}

/** A header as kafkajs' encoder takes it. */
interface WrittenHeader {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Represents the values of one name. kafkajs creates its headers from the result of `map`. */
class WrittenInOrder extends Array<never> {
  constructor(private readonly list: readonly RawHeader[]) {
    super();
  }

  override map<U>(): U[] {
    return this.list.map(({ name, value }): WrittenHeader => ({
      key: name,
      value: value ?? NULL_VALUE,
    })) as U[];
  }
}

/** Headers for kafkajs to write unchanged and in order. Needs {@link keepAllHeaders}. */
export function inOrder(list: readonly RawHeader[]): Record<string, never[]> {
  return list.length === 0 ? {} : { all: new WrittenInOrder(list) };
}
