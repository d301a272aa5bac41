import zlib from 'node:zlib';

import { compressSync } from 'snappy';

import { MAX_BATCH_BYTES, MAX_BATCH_HEADERS, MAX_BATCH_RECORDS, readRecords } from './read-records.js';
import { batchesIn } from './record-batch.js';
import { ATTRIBUTES, batch, LEAST_RECORD, records, varint } from './testing/written-batch.js';
import { keepAllHeaders } from '../keep-all-headers.js';
import { headerList } from '../../records/unread-headers.js';

/** A record with so many headers, each with an empty name and an empty value. */
function recordWithHeaders(headers: number): Buffer {
  const body = [Buffer.from([0x00, 0x00, 0x00, 0x01, 0x01]), varint(headers), Buffer.alloc(2 * headers)];
  const content = Buffer.concat(body);
  return Buffer.concat([varint(content.length), content]);
}

const read = (...written: Buffer[]) =>
  readRecords(batchesIn(Buffer.concat(written)), { left: MAX_BATCH_BYTES });

beforeAll(() => keepAllHeaders());

describe('what a broker sent of a partition', () => {
  it('may be more records in a batch than a call takes arguments', async () => {
    const many = batch({
      count: 200_000,
      attributes: ATTRIBUTES.gzip,
      records: zlib.gzipSync(records(200_000)),
    });

    expect(await read(many)).toHaveLength(200_000);
  });

  it('may end within a batch', async () => {
    const whole = batch({ count: 2, records: records(2) });

    expect(await read(whole, whole.subarray(0, 70))).toHaveLength(2);
  });

  it('may hold a batch without records, which compaction leaves, and is read past it', async () => {
    const [left] = await read(batch({ firstOffset: 40n, count: 0, records: Buffer.alloc(0) }));

    expect(left).toMatchObject({ offset: '40', isControlRecord: true });
  });

  it('may hold as many headers as fit into a record that is not compressed', async () => {
    const [one] = await read(batch({ count: 1, records: recordWithHeaders(500_000) }));

    expect(headerList(one?.headers)).toHaveLength(500_000);
  });

  it('is read as far as its headers fit the memory that a fetch may take', async () => {
    const budget = { left: 100_000 };
    const written = batch({ count: 1, records: recordWithHeaders(1_000) });

    expect(await readRecords(batchesIn(Buffer.concat([written, written])), budget)).toHaveLength(1);
    expect(budget.left).toBeLessThan(0);
  });

  it('is read as far as it fits the memory that a fetch may take, one batch at least', async () => {
    const written = batch({ count: 10, records: records(10) });

    const messages = await readRecords(batchesIn(Buffer.concat([written, written])), { left: 1 });

    expect(messages).toHaveLength(10);
  });
});

describe('a batch that nobody can read', () => {
  const behind = batch({ firstOffset: 1_000_000n, count: 1, records: LEAST_RECORD });
  const tooMany = MAX_BATCH_RECORDS + 1;

  it.each([
    [
      'holds too many records',
      { count: tooMany, attributes: ATTRIBUTES.gzip, records: zlib.gzipSync(records(tooMany)) },
      'the batch holds 262145 records, and 262144 are read of one',
    ],
    [
      'holds too many headers',
      {
        count: 2,
        attributes: ATTRIBUTES.gzip,
        records: zlib.gzipSync(Buffer.concat([LEAST_RECORD, recordWithHeaders(MAX_BATCH_HEADERS + 1)])),
      },
      'the batch holds 524289 headers, and 524288 are read of one',
    ],
    [
      'holds too much',
      {
        count: 1,
        attributes: ATTRIBUTES.zstd,
        records: zlib.zstdCompressSync(Buffer.alloc(MAX_BATCH_BYTES + 1)),
      },
      'the zstd data holds more than 67108864 bytes, the most that is read of a batch',
    ],
    [
      'is damaged',
      { count: 1, attributes: ATTRIBUTES.snappy, records: compressSync('x'.repeat(99)).subarray(0, 5) },
      /^the snappy data is damaged: /,
    ],
    [
      'names more records than it holds',
      { count: 2_000_000_000, records: records(2) },
      '14 bytes cannot hold the 2000000000 records that the batch names',
    ],
    ['holds something else', { count: 2, records: Buffer.alloc(20, 0xff) }, /./],
  ])(
    'because it %s becomes one message with its bytes, and what is behind is read',
    async (_why, written, why) => {
      const sent = batch(written);
      const [unreadable, next] = await read(sent, behind);

      expect(unreadable).toMatchObject({
        offset: String(written.count - 1),
        key: null,
        isControlRecord: false,
      });
      expect(unreadable?.unreadable).toMatch(why);
      expect(unreadable?.value?.equals(sent)).toBe(true);
      expect(next?.offset).toBe('1000000');
    },
  );

  it('is none where only this process lacks the codec: then nothing is passed over', async () => {
    const sent = batch({ count: 1, attributes: ATTRIBUTES.unheardOf, records: LEAST_RECORD });

    await expect(read(sent, behind)).rejects.toThrow(
      'a batch is compressed with a codec that nobody knew of',
    );
  });
});
