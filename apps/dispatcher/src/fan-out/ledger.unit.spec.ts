import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';

import { decodeEntries, encodeEntries, Ledger, ledgerEntry } from './ledger.js';

/** Ledger records as releases have written them, and the events they stand for. Lines are added, never changed. */
const RECORDED = fileURLToPath(new URL('../../recorded/webhook.fan-out-ledger.1.jsonl', import.meta.url));

interface RecordedEntries {
  readonly events: { readonly organizationId: string; readonly id: string }[];
  /** The record's value in hex. */
  readonly value: string;
}

describe('the ledger', () => {
  it('reads the records of former releases, and knows their events', () => {
    const recorded = readFileSync(RECORDED, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordedEntries);
    expect(recorded.length).toBeGreaterThan(0);
    for (const { events, value } of recorded) {
      const ledger = new Ledger();
      for (const entry of decodeEntries(Buffer.from(value, 'hex'))) ledger.add(entry);
      expect(events.map((event) => ledger.has(ledgerEntry(event)))).toEqual(events.map(() => true));
      expect(ledger.size).toBe(events.length);
    }
  });

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
