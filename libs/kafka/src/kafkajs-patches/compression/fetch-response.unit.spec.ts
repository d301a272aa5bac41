import { jest } from '@jest/globals';

import { decodeFetchResponse } from './fetch-response.js';
import { MAX_BATCH_RECORDS } from './read-records.js';
import { batch, records } from './testing/written-batch.js';

/** A batch whose records take all the memory that an answer may take. */
const fullBatch = (): Buffer => batch({ count: MAX_BATCH_RECORDS, records: records(MAX_BATCH_RECORDS) });

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

/** An answer about partitions 0 and 1 of one topic in this order, with these records. */
function answer(sent: readonly Buffer[]): Buffer {
  const partitions = sent.flatMap((records, partition) => [
    ...[int32(partition), Buffer.alloc(2), Buffer.alloc(24), int32(0), int32(-1)],
    ...[int32(records.length), records],
  ]);
  return Buffer.concat([
    ...[int32(0), Buffer.alloc(2), int32(9), int32(1)],
    ...[Buffer.from([0, 1]), Buffer.from('t'), int32(sent.length), ...partitions],
  ]);
}

afterEach(() => void jest.restoreAllMocks());

it('when the memory of an answer is not enough for all partitions, each of them is read first in some answers', async () => {
  const random = jest.spyOn(Math, 'random');
  const raw = answer([fullBatch(), fullBatch()]);
  const read: number[][] = [];
  for (const value of [0, 0.9]) {
    random.mockReturnValue(value);
    const { responses, sessionId } = await decodeFetchResponse(raw);
    expect(sessionId).toBe(9);
    expect(responses[0]?.partitions.map(({ partition }) => partition)).toEqual([0, 1]);
    read.push(responses[0]?.partitions.map(({ messages }) => messages.length) ?? []);
  }
  expect(read).toEqual([
    [MAX_BATCH_RECORDS, 0],
    [0, MAX_BATCH_RECORDS],
  ]);
});
