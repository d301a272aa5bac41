import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import fc from 'fast-check';

import {
  dataDigest,
  dataOf,
  decodeDigests,
  decodeEntries,
  encodeDigests,
  encodeEntries,
  DedupeWindow,
  dedupeEntry,
} from './dedupe-window.js';

/**
 * Ledger records as releases have written them, and the events they stand for. Lines are added, never
 * changed.
 */
const RECORDED = fileURLToPath(new URL('../../recorded/webhook.fan-out-ledger.1.jsonl', import.meta.url));

interface RecordedEntries {
  readonly events: { readonly organizationId: string; readonly id: string }[];
  /** The record's value in hex. */
  readonly value: string;
  /**
   * The digests of their data, and the header of the record that holds them, in hex; not in the first
   * release.
   */
  readonly dataDigests?: number[];
  readonly digests?: string;
}

const body = (data: unknown, time = '2026-03-04T03:06:07Z'): string =>
  JSON.stringify({ event: 'interview.completed', timestamp: time, data });
const digestOf = (text: string): number => dataDigest({ eventType: 'interview_completed', body: text });

describe('the dedupe window', () => {
  it('reads the records of former releases, and knows their events', () => {
    const recorded = readFileSync(RECORDED, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordedEntries);
    expect(recorded.length).toBeGreaterThan(0);
    for (const { events, value, dataDigests, digests } of recorded) {
      const header = digests === undefined ? undefined : Buffer.from(digests, 'hex');
      expect(decodeDigests(header, events.length)).toEqual(dataDigests ?? events.map(() => null));
      const dedupeWindow = new DedupeWindow();
      for (const entry of decodeEntries(Buffer.from(value, 'hex'))) dedupeWindow.add(entry);
      expect(events.map((event) => dedupeWindow.has(dedupeEntry(event)))).toEqual(events.map(() => true));
      expect(dedupeWindow.size).toBe(events.length);
    }
  });

  it('remembers the newest events up to its limit and forgets the oldest', () => {
    const dedupeWindow = new DedupeWindow(2);
    for (const entry of ['a', 'b', 'c']) dedupeWindow.add(entry);
    expect(['a', 'b', 'c'].map((entry) => dedupeWindow.has(entry))).toEqual([false, true, true]);
    expect(dedupeWindow.size).toBe(2);
  });

  it('remembers the newest events whatever is added, again and again', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const entries = fc.array(fc.constantFrom(...all), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), entries, (limit, added) => {
        const dedupeWindow = new DedupeWindow(limit);
        // An event that is added again while it is known keeps its age.
        let known: string[] = [];
        for (const entry of added) {
          dedupeWindow.add(entry);
          if (!known.includes(entry)) known = [...known, entry].slice(-limit);
          expect(dedupeWindow.size).toBe(known.length);
          expect(all.filter((each) => dedupeWindow.has(each))).toEqual(known.toSorted());
        }
      }),
    );
  });

  it('tells the same event of two organisations apart', () => {
    const of = (organizationId: string): string => dedupeEntry({ organizationId, id: 'event' });
    expect(of('one')).toBe(of('one'));
    expect(of('one')).not.toBe(of('other'));
  });

  it('writes entries and reads them back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid()), (ids) => {
        const entries = ids.map((id) => dedupeEntry({ organizationId: 'o', id }));
        expect(decodeEntries(encodeEntries(entries))).toEqual(entries);
      }),
    );
  });

  it('tells a repeat from another event with the same source and id', () => {
    const dedupeWindow = new DedupeWindow();
    dedupeWindow.add('a', 1);
    dedupeWindow.add('b');
    expect([1, 2].map((digest) => dedupeWindow.hasOtherData('a', digest))).toEqual([false, true]);
    expect(dedupeWindow.hasOtherData('b', 2)).toBe(false);
    expect(dedupeWindow.hasOtherData('never seen', 2)).toBe(false);
  });

  it('writes digests and reads them back; a header of another length counts as none', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), (digests) => {
        const bytes = encodeDigests(digests);
        expect(decodeDigests(bytes, digests.length)).toEqual(digests);
        expect(decodeDigests(bytes, digests.length + 1)).toEqual([...digests, 0].map(() => null));
      }),
    );
  });

  it('takes an event with the same data for the same, whatever its time; other data or another type is another', () => {
    const data = { interview_id: 'i', note: 'a text with ,"data": in it' };
    expect(digestOf(body(data))).toBe(digestOf(body(data, '2026-03-04T09:00:00Z')));
    expect(digestOf(body(data))).not.toBe(digestOf(body({ ...data, interview_id: 'j' })));
    expect(digestOf(body(data))).not.toBe(
      dataDigest({ eventType: 'mock_interview_completed', body: body(data) }),
    );
  });

  it('finds the data of a body byte for byte', () => {
    fc.assert(fc.property(fc.jsonValue(), (data) => expect(dataOf(body(data))).toBe(JSON.stringify(data))));
  });

  it('refuses bytes that are not whole entries', () => {
    expect(() => decodeEntries(Buffer.alloc(17))).toThrow(RangeError);
  });
});
