import {
  amendOnce,
  type Decoder,
  decoderPrototype,
  type Encoder,
  encoderPrototype,
} from './kafkajs-internals.js';
import { headersByName, type RawHeader } from './record-headers.js';

const NO_BYTES = Buffer.alloc(0);
/**
 * Means null to the amended encoder. kafkajs asks for the size of each value before it writes it, which null has none of;
 * on the wire null and the empty value are of one length.
 */
const NULL_VALUE = Buffer.alloc(0);

/**
 * Makes kafkajs read and write all headers that Kafka has. By itself it throws on writing a null value (kafkajs #1789),
 * takes what an object inherits for a header's first value (`constructor`), reads names that are no UTF-8 as others, sorts
 * names that are numbers to the front, and needs time that grows with the square of their number: one record of half a
 * million small headers would keep it busy for minutes.
 */
export function keepAllHeaders(): void {
  // Headers are all that kafkajs reads in this way.
  amendOnce(
    decoderPrototype(),
    'readVarIntArray',
    () =>
      function (this: Decoder) {
        const headers = headersByName(readHeaders(this));
        // kafkajs makes an object out of the list that it gets.
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

function readHeaders(decoder: Decoder): RawHeader[] {
  const list: RawHeader[] = [];
  for (let left = decoder.readVarInt(); left > 0; left -= 1) {
    const name = decoder.readVarIntBytes() ?? NO_BYTES;
    list.push({ name, value: decoder.readVarIntBytes() });
  }
  return list;
}

/** A header as kafkajs' encoder takes it. */
interface WrittenHeader {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Stands for the values of one name. kafkajs makes its headers of them by `map`, whatever that answers. */
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

/** Headers for kafkajs to write as they are, in their order. It must have been amended, see {@link keepAllHeaders}. */
export function inOrder(list: readonly RawHeader[]): Record<string, never[]> {
  return list.length === 0 ? {} : { all: new WrittenInOrder(list) };
}
