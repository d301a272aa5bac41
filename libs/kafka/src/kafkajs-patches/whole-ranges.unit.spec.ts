import { createRequire } from 'node:module';

import type { Batch as FetchedBatch } from './kafkajs-internals.js';
import { tellWholeRanges } from './whole-ranges.js';

const Batch = createRequire(import.meta.url)('kafkajs/src/consumer/batch.js') as new (
  topic: string,
  fetchedOffset: string,
  fetched: object,
) => FetchedBatch & { lastOffset(): string };

interface Message {
  readonly offset: string;
  readonly isControlRecord: boolean;
}

const marker = (offset: number): Message => ({ offset: String(offset), isControlRecord: true });
const record = (offset: number): Message => ({ offset: String(offset), isControlRecord: false });

/** What kafkajs says of a fetch from an offset on, of a log that ends at 9. */
function rangeOf(from: number, messages: readonly Message[]): [string | null, string] {
  const batch = new Batch('topic', String(from), { partition: 0, highWatermark: '9', messages });
  return [batch.firstOffset(), batch.lastOffset()];
}

describe('a fetched range of which nothing is handed on', () => {
  beforeAll(() => tellWholeRanges());

  it('begins where it was asked for, although compaction has removed what was before its marker', () => {
    expect(rangeOf(5, [marker(8)])).toEqual(['5', '8']);
  });

  it('is the offset that was asked for where compaction has removed the rest of a batch', () => {
    expect(rangeOf(7, [record(4), record(6)])).toEqual(['7', '7']);
  });
});

describe('a fetched range', () => {
  beforeAll(() => tellWholeRanges());

  it('with records begins with the first of them', () => {
    expect(rangeOf(5, [record(6), marker(8)])).toEqual(['6', '8']);
  });

  it('of which nothing was fetched has no beginning', () => expect(rangeOf(9, [])).toEqual([null, '8']));
});
