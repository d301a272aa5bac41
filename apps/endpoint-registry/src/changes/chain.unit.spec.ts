import { isUuid } from '@skillora/contracts';
import fc from 'fast-check';

import { chained, orderedId } from './chain.js';
import { genesisHash, hashOf } from './entry.js';
import { draft } from './testing/drafts.js';

const ORGANIZATION = '123e4567-e89b-12d3-a456-426614174000';
const NOTHING = { count: 0, hash: null, at: null };

describe('a chain of changes', () => {
  it('begins with a hash that only this organisation has', () => {
    const { entries } = chained(ORGANIZATION, NOTHING, [draft()], 1_000);
    expect(entries[0]).toMatchObject({ number: 1, previous_hash: genesisHash(ORGANIZATION) });
    expect(entries[0]!.hash).toBe(hashOf(entries[0]!));
  });

  it('goes on from its head, each entry with the hash of the one before', () => {
    const first = chained(ORGANIZATION, NOTHING, [draft()], 1_000);
    const { entries, head } = chained(ORGANIZATION, first.head, [draft(), draft()], 2_000);
    expect(entries.map(({ number }) => number)).toEqual([2, 3]);
    expect(entries[0]!.previous_hash).toBe(first.entries[0]!.hash);
    expect(entries[1]!.previous_hash).toBe(entries[0]!.hash);
    expect(head).toEqual({ count: 3, hash: entries[1]!.hash, at: 2_000 });
  });

  it('never goes back in time, also where the clock does', () => {
    const first = chained(ORGANIZATION, NOTHING, [draft()], 5_000);
    const { entries } = chained(ORGANIZATION, first.head, [draft()], 4_000);
    expect(entries[0]!.created_at).toBe(first.entries[0]!.created_at);
    expect(entries[0]!.id > first.entries[0]!.id).toBe(true);
  });

  it('has another hash for any other content', () => {
    const { entries } = chained(ORGANIZATION, NOTHING, [draft()], 1_000);
    const entry = entries[0]!;
    for (const [field, value] of Object.entries(entry)) {
      if (field === 'hash') continue;
      const other = { ...entry, [field]: typeof value === 'number' ? value + 1 : 'another' };
      expect(hashOf(other)).not.toBe(entry.hash);
    }
  });
});

describe('the id of an entry', () => {
  it('is a UUID, and sorts by time and then by place in the chain', () => {
    const entry = fc.record({
      at: fc.integer({ min: 0, max: 2 ** 45 }),
      number: fc.integer({ min: 1, max: 2 ** 31 }),
      random: fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(entry, entry, (a, b) => {
        const [first, second] = [a, b].map(({ at, number, random }) => orderedId(at, number, random));
        expect(isUuid(first!)).toBe(true);
        const order = a.at - b.at || a.number - b.number;
        if (order !== 0) expect(first! < second!).toBe(order < 0);
      }),
    );
  });
});
