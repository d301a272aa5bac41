import fc from 'fast-check';

import { DedupeTable, type Multipliers } from './dedupe-table.js';

/** Entries that are alike. */
const entry = fc
  .array(fc.constantFrom('\0', '\x01', '\x7f', '\x80', '\xff'), { minLength: 4, maxLength: 4 })
  .map(([hash, ...rest]) => `${hash}${rest.join('')}${'\0'.repeat(12)}`);
const digest = fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
/** With zeros all entries belong into one slot, with small numbers many into neighbours. */
const multipliers = fc.constantFrom<Multipliers>([0, 0], [1, 0], [1, 1], [2 ** 31 + 1, 3]);
const steps = (maxLength: number) => fc.array(fc.tuple(entry, digest), { maxLength, size: 'max' });

/** What a map that forgets its oldest entry knows after the steps. */
function remembered(limit: number, taken: readonly (readonly [string, number | null])[]) {
  const known = new Map<string, number | null>();
  for (const [each, its] of taken) {
    known.set(each, its);
    const [oldest] = known.keys();
    if (known.size > limit && oldest !== undefined) known.delete(oldest);
  }
  return known;
}

describe('the table of the dedupe window', () => {
  it('knows what a map would that forgets its oldest entry, also when many entries belong into the same slot', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), steps(300), multipliers, (limit, taken, numbers) => {
        const table = new DedupeTable(limit, numbers);
        for (const [each, its] of taken) table.set(each, its);
        const known = remembered(limit, taken);
        for (const [each] of taken) {
          expect(table.digestOf(each)).toBe(known.get(each));
          expect(table.has(each)).toBe(known.has(each));
        }
        expect(table.size).toBe(known.size);
      }),
    );
  });

  it('keeps every entry while it grows, up to a limit that is no power of two', () => {
    const entries = Array.from(
      { length: 3_000 },
      (_, n) => `${String.fromCharCode(n & 255, n >> 8)}${'\0'.repeat(14)}`,
    );
    const table = new DedupeTable(1_500);
    for (const [index, each] of entries.entries()) {
      table.set(each, index);
      expect(table.size).toBe(Math.min(index + 1, 1_500));
    }
    expect(entries.map((each) => table.digestOf(each))).toEqual(
      entries.map((_, index) => (index < 1_500 ? undefined : index)),
    );
  });

  it('finds entries soon that a producer has chosen to be alike in their first bytes', () => {
    const numbered = (n: number): string =>
      `\0\0\0\0${String.fromCharCode(n & 255, (n >> 8) & 255, n >> 16)}${'\0'.repeat(9)}`;
    const chosen = Array.from({ length: 100_000 }, (_, n) => numbered(n));
    const table = new DedupeTable(100_000);
    // If their first bytes alone said where they belong, each question would pass all of them, for minutes.
    for (let round = 0; round < 3; round += 1) for (const each of chosen) table.set(each, round);
    expect(chosen.every((each) => table.digestOf(each) === 2)).toBe(true);
    expect(table.has(numbered(chosen.length))).toBe(false);
  });
});
