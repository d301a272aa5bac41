import fc from 'fast-check';

import { batch, varint } from '../kafkajs-patches/compression/testing/written-batch.js';
import { keepAllHeaders } from '../kafkajs-patches/keep-all-headers.js';
import { decodeRecordBatch } from '../kafkajs-patches/kafkajs-internals.js';
import { toReceivedRecord } from './received-record.js';
import { type RawHeader, textHeader } from './record-headers.js';
import { headerList, textsOf } from './unread-headers.js';

const sized = (bytes: Buffer | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);

/** A record as it lies in a batch, at an offset from the first one. */
function record(offset: number, value: Buffer, headers: readonly RawHeader[]): Buffer {
  const list = headers.map((header) => Buffer.concat([sized(header.name), sized(header.value)]));
  return sized(
    Buffer.concat([
      Buffer.from([0, 0]),
      varint(offset),
      sized(null),
      sized(value),
      varint(headers.length),
      ...list,
    ]),
  );
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const header = fc.record({ name: bytes, value: fc.option(bytes) });
const written = fc.array(fc.record({ value: bytes, headers: fc.array(header, { maxLength: 6 }) }), {
  minLength: 1,
  maxLength: 5,
});

beforeAll(() => {
  keepAllHeaders();
});

describe('the headers of fetched records', () => {
  it('are what was written, byte for byte and in order, whenever they are read', async () => {
    await fc.assert(
      fc.asyncProperty(written, async (all) => {
        const records = Buffer.concat(all.map(({ value, headers }, index) => record(index, value, headers)));
        const read = (await decodeRecordBatch(batch({ count: all.length, records }))).map(toReceivedRecord);
        expect(read.map(({ value }) => value)).toEqual(all.map(({ value }) => value));
        for (const each of [...read.keys()].toReversed()) {
          expect(read[each]?.headerList).toEqual(all[each]?.headers);
          const texts = all[each]?.headers.map(({ name, value }) => [String(name), value?.toString()]) ?? [];
          expect(Object.entries(read[each]?.headers ?? {}).sort()).toEqual(
            [...new Map(texts as [string, unknown][])].sort(),
          );
        }
      }),
    );
  });

  it('are asked for by name as text and as bytes', async () => {
    const headers = [
      textHeader('of', 'first'),
      { name: Buffer.from('of'), value: Buffer.from([0xff]) },
      { name: Buffer.from('none'), value: null },
      textHeader('constructor', 'own'),
      textHeader('__proto__', 'mine'),
    ];
    const one = batch({ count: 1, records: record(0, Buffer.alloc(0), headers) });
    const [received] = (await decodeRecordBatch(one)).map(toReceivedRecord);
    expect(Object.entries(received?.headers ?? {})).toEqual([
      ['of', '\ufffd'],
      ['none', undefined],
      ['constructor', 'own'],
      ['__proto__', 'mine'],
    ]);
    expect(received?.headers['toString']).toBeUndefined();
    expect(received?.headers).toBe(received?.headers);
    expect(received?.rawHeaders['of']).toEqual([Buffer.from('first'), Buffer.from([0xff])]);
  });

  it('are none where kafkajs has none', () => {
    expect([headerList(undefined), headerList({})]).toEqual([[], []]);
    expect([textsOf(undefined), textsOf({})]).toEqual([{}, {}]);
  });
});
