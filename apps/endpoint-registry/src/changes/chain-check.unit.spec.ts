import fc from 'fast-check';

import { type ChainHead, chained } from './chain.js';
import { ChainCheck, type ChainFault } from './chain-check.js';
import { type ChangeEntry, hashOf } from './entry.js';
import { draft } from './testing/drafts.js';

const ORGANIZATION = '123e4567-e89b-12d3-a456-426614174000';

const chain = (length: number) =>
  chained(
    ORGANIZATION,
    { count: 0, hash: null, at: null },
    Array.from({ length }, (_, index) => draft({ after: { index } })),
    1_700_000_000_000,
  );

function faults(entries: readonly ChangeEntry[], head: ChainHead, organization = ORGANIZATION): ChainFault[] {
  const check = new ChainCheck(organization, head);
  const sorted = [...entries].sort((a, b) => a.number - b.number);
  return [...sorted.flatMap((entry) => check.next(entry)), ...check.end()];
}

const rehashed = (entry: ChangeEntry): ChangeEntry => ({ ...entry, hash: hashOf(entry) });
const anyPlace = fc
  .integer({ min: 1, max: 9 })
  .chain((length) => fc.record({ length: fc.constant(length), at: fc.integer({ min: 1, max: length }) }));

describe('a chain of changes', () => {
  it('holds as it was made', () => {
    fc.assert(
      fc.property(fc.nat(9), (length) => {
        const { entries, head } = chain(length);
        expect(faults(entries, head)).toEqual([]);
      }),
    );
  });

  it('names the entry that was altered, with and without its hash, wherever it is', () => {
    fc.assert(
      fc.property(anyPlace, fc.boolean(), ({ length, at }, withHash) => {
        const { entries, head } = chain(length);
        const altered = entries.map((entry) => {
          if (entry.number !== at) return entry;
          const other = { ...entry, address: '198.51.100.7' };
          return withHash ? rehashed(other) : other;
        });
        expect(faults(altered, head)).toEqual([
          { kind: 'altered', number: at, lastNumber: at, id: entries[at - 1]!.id },
        ]);
      }),
    );
  });

  it('names the entry whose hash alone was altered', () => {
    const { entries, head } = chain(3);
    const altered = entries.map((entry) => (entry.number === 2 ? { ...entry, hash: 'f'.repeat(64) } : entry));
    expect(faults(altered, head)).toEqual([
      { kind: 'altered', number: 2, lastNumber: 2, id: entries[1]!.id },
    ]);
  });

  it('names the places of entries that were removed, also at the end', () => {
    fc.assert(
      fc.property(anyPlace, fc.nat(3), ({ length, at }, more) => {
        const { entries, head } = chain(length);
        const last = Math.min(length, at + more);
        const left = entries.filter(({ number }) => number < at || number > last);
        expect(faults(left, head)).toEqual([{ kind: 'removed', number: at, lastNumber: last, id: null }]);
      }),
    );
  });

  it('names an entry that was put in after the last, however well it is chained', () => {
    const { entries, head } = chain(3);
    const more = chained(ORGANIZATION, head, [draft()], 1_700_000_000_001).entries;
    expect(faults([...entries, ...more], head)).toEqual([
      { kind: 'added', number: 4, lastNumber: 4, id: more[0]!.id },
    ]);
    const before = { ...entries[0]!, number: 0 };
    expect(faults([before, ...entries], head)).toMatchObject([{ kind: 'added', number: 0 }]);
  });

  it('does not hold for another organisation', () => {
    const { entries, head } = chain(2);
    const faulty = faults(entries, head, '00000000-0000-4000-8000-000000000000');
    expect(faulty).toMatchObject([{ kind: 'altered', number: 1 }]);
  });

  it('does not hold where the rest was taken out and the numbers closed up', () => {
    const { entries, head } = chain(4);
    const closed = entries
      .filter(({ number }) => number !== 2)
      .map((entry) => (entry.number > 2 ? { ...entry, number: entry.number - 1 } : entry));
    expect(faults(closed, head).length).toBeGreaterThan(0);
  });
});
