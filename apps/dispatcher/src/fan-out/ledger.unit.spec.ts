import fc from 'fast-check';

import { decodeEntries, encodeEntries, Ledger, ledgerEntry } from './ledger.js';

describe('the ledger', () => {
  it('remembers the newest events up to its limit and forgets the oldest', () => {
    const ledger = new Ledger(2);
    for (const entry of ['a', 'b', 'c']) ledger.add(entry);
    expect(['a', 'b', 'c'].map((entry) => ledger.has(entry))).toEqual([false, true, true]);
    expect(ledger.size).toBe(2);
  });

  it('tells the same event of two organisations apart', () => {
    const of = (organizationId: string): string => ledgerEntry({ organizationId, id: 'event' });
    expect(of('one')).toBe(of('one'));
    expect(of('one')).not.toBe(of('other'));
  });

  it('writes entries and reads them back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid()), (ids) => {
        const entries = ids.map((id) => ledgerEntry({ organizationId: 'o', id }));
        expect(decodeEntries(encodeEntries(entries))).toEqual(entries);
      }),
    );
  });

  it('refuses bytes that are not whole entries', () => {
    expect(() => decodeEntries(Buffer.alloc(17))).toThrow(RangeError);
  });
});
