import fc from 'fast-check';

import { abortedRecords, type AbortedTransaction, type FetchedRecord } from './aborted-records.js';

/** What a producer does next in its transaction: write, or end it. */
const step = fc.record({
  producer: fc.integer({ min: 0, max: 3 }),
  does: fc.constantFrom('write', 'write', 'write', 'abort', 'commit', 'write-without'),
});

interface Log {
  readonly records: FetchedRecord[];
  /** Offsets of what was aborted. */
  readonly aborted: ReadonlySet<string>;
  /** As a broker keeps them: in the order they ended. */
  readonly index: readonly (AbortedTransaction & { readonly lastOffset: number })[];
}

/** A partition's log as a broker writes it; every transaction is ended by the last steps. */
function logOf(steps: readonly { producer: number; does: string }[]): Log {
  const records: FetchedRecord[] = [];
  const aborted = new Set<string>();
  const index: (AbortedTransaction & { lastOffset: number })[] = [];
  const open = new Map<number, string[]>();
  const append = (producer: number, isControlRecord: boolean): string => {
    const offset = String(records.length);
    records.push({
      offset,
      isControlRecord,
      batchContext: { producerId: String(producer) },
    });
    return offset;
  };
  const end = (producer: number, how: 'abort' | 'commit'): void => {
    const written = open.get(producer);
    if (!written) return;
    const lastOffset = Number(append(producer, true));
    if (how === 'abort') {
      for (const offset of written) aborted.add(offset);
      index.push({ producerId: String(producer), firstOffset: written[0] as string, lastOffset });
    }
    open.delete(producer);
  };
  for (const { producer, does } of steps) {
    if (does === 'write-without') append(9, false);
    else if (does === 'write') open.set(producer, [...(open.get(producer) ?? []), append(producer, false)]);
    else end(producer, does as 'abort' | 'commit');
  }
  for (const producer of [...open.keys()]) end(producer, 'abort');
  return { records, aborted, index };
}

describe('the records of aborted transactions', () => {
  it('are found in any part of a log, however transactions overlap and whatever compaction removed', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.nat(),
        fc.array(fc.boolean(), { minLength: 70, maxLength: 70 }),
        (steps, from, length, kept) => {
          const { records, aborted, index } = logOf(steps);
          const begin = from % (records.length + 1);
          const end = begin + (length % (records.length + 1 - begin));
          const fetched = records
            .slice(begin, end)
            .filter(({ isControlRecord }, at) => isControlRecord || kept[at % kept.length]);
          const named = index.filter(
            ({ firstOffset, lastOffset }) => lastOffset >= begin && Number(firstOffset) < end,
          );
          expect(abortedRecords(fetched, named).map(({ offset }) => offset)).toEqual(
            fetched.map(({ offset }) => offset).filter((offset) => aborted.has(offset)),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('are none among records of Kafka before 0.11, which tell of no transaction', () => {
    const records = [{ offset: '7', isControlRecord: false }];
    expect(abortedRecords(records, [{ producerId: '1', firstOffset: '3' }])).toEqual([]);
  });
});
