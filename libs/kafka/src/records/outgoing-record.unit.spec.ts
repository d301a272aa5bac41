import fc from 'fast-check';

import { type OutgoingRecord, recordBytes, splitByBytes, toTopicMessages } from './outgoing-record.js';

const record = (bytes: number, topic = 't'): OutgoingRecord => ({
  topic,
  key: 'k',
  value: Buffer.alloc(bytes),
});

describe('splitting records into requests', () => {
  it('keeps all records in order, and every request below the limit unless one record alone is above it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 400 })),
        fc.integer({ min: 100, max: 600 }),
        (sizes, limit) => {
          const records = sizes.map((size) => record(size));
          const runs = [...splitByBytes(records, limit)];
          expect(runs.flat()).toEqual(records);
          for (const run of runs) {
            const bytes = run.reduce((sum, each) => sum + recordBytes(each), 0);
            if (run.length > 1) expect(bytes).toBeLessThanOrEqual(limit);
            expect(run.length).toBeGreaterThan(0);
          }
        },
      ),
    );
  });

  it('makes no more records than a run needs, and the one that shows it is full', () => {
    let made = 0;
    const endless = (function* (): Generator<OutgoingRecord> {
      for (; ; made += 1) yield record(300);
    })();
    const first = splitByBytes(endless, 1_500).next();
    expect(first.value).toHaveLength(4);
    expect(made).toBe(4);
  });

  it('counts headers, of which a dead letter may have many', () => {
    const withHeaders = { ...record(10), headers: { reason: 'x'.repeat(500) } };
    expect(recordBytes(withHeaders)).toBeGreaterThan(recordBytes(record(10)) + 500);
  });
});

describe('grouping records by topic', () => {
  it('keeps the order within each topic', () => {
    const records = [record(1, 'a'), record(2, 'b'), record(3, 'a')];
    expect(
      toTopicMessages(records).map(({ topic, messages }) => [topic, messages.map((m) => m.value?.length)]),
    ).toEqual([
      ['a', [1, 3]],
      ['b', [2]],
    ]);
  });
});
