import type { IHeaders } from 'kafkajs';

import { type Decoder, newDecoder } from '../kafkajs-patches/kafkajs-internals.js';
import type { RawHeader } from './record-headers.js';

const NO_BYTES = Buffer.alloc(0);

/** Header values by name, in an object without a prototype, so that a header can have any name. */
export type HeaderTexts = Readonly<Record<string, string | undefined>>;

/**
 * The headers of a fetched record, which are read when somebody asks for them. Read, they take several times the memory
 * of their bytes, and many records wait in memory for their turn.
 */
export class UnreadHeaders {
  /**
   * @param bytes the bytes of the record, a view into its batch.
   * @param at where the first of the headers begins in it.
   */
  private constructor(
    private readonly bytes: Buffer,
    private readonly at: number,
    private readonly count: number,
  ) {}

  /** Moves a decoder past the headers that begin where it is, without reading them. */
  static passOver(decoder: Decoder): UnreadHeaders {
    const count = decoder.readVarInt();
    const at = decoder.offset;
    for (let left = count; left > 0; left -= 1) {
      passOverBytes(decoder);
      passOverBytes(decoder);
    }
    return new UnreadHeaders(decoder.buffer, at, count);
  }

  /** Byte for byte, in order. */
  list(): RawHeader[] {
    const list: RawHeader[] = [];
    this.each((decoder) => {
      const name = decoder.readVarIntBytes() ?? NO_BYTES;
      list.push({ name, value: decoder.readVarIntBytes() });
    });
    return list;
  }

  /**
   * Values as UTF-8. For a repeated header it is the last value, as in Kafka's own clients. Null values are left out.
   */
  texts(): HeaderTexts {
    const texts = noTexts();
    this.each((decoder) => {
      const name = readText(decoder) ?? '';
      texts[name] = readText(decoder);
    });
    return texts;
  }

  /** @param read reads the name and the value that the decoder is at. */
  private each(read: (decoder: Decoder) => void): void {
    const decoder = newDecoder(this.bytes);
    decoder.offset = this.at;
    for (let left = this.count; left > 0; left -= 1) read(decoder);
  }
}

/** All headers of a record that kafkajs fetched, in order. kafkajs says only that they are headers by name. */
export function headerList(headers: IHeaders | undefined): readonly RawHeader[] {
  return headers instanceof UnreadHeaders ? headers.list() : [];
}

/** All headers of a record that kafkajs fetched, see {@link UnreadHeaders.texts}. */
export function textsOf(headers: IHeaders | undefined): HeaderTexts {
  return headers instanceof UnreadHeaders ? headers.texts() : noTexts();
}

function noTexts(): Record<string, string | undefined> {
  return Object.create(null) as Record<string, string | undefined>;
}

function passOverBytes(decoder: Decoder): void {
  const length = decoder.readVarInt();
  if (length !== -1) decoder.offset += length;
}

function readText(decoder: Decoder): string | undefined {
  const length = decoder.readVarInt();
  if (length === -1) return undefined;
  const at = decoder.offset;
  decoder.offset += length;
  return decoder.buffer.toString('utf8', at, at + length);
}
