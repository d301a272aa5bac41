import fc from 'fast-check';

import { DedupeWindow } from '../fan-out/dedupe-window.js';
import { decodePlace, encodePlace, EntryCount } from './entry-count.js';
import { ledgerBeginning, type PlacedRecord } from './ledger-beginning.js';
import type { LedgerRecord } from './ledger-record.js';
import { takeOver } from './takeover.js';

const EVENTS = 'events';
/** How many records behind an offset are looked at for one that says its place. */
const LOOKED_AT = 3;

interface Written {
  readonly offset: bigint;
  readonly record: LedgerRecord;
  /** Null for a record of a fan-out. */
  readonly place: string | null;
}

/** What happens to the events of a partition, one record of the ledger after the other. */
interface Step {
  readonly told: number;
  readonly closed: number;
  readonly ofFanOut: boolean;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    told: fc.nat({ max: 2 }),
    closed: fc.nat({ max: 3 }),
    ofFanOut: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);

/**
 * A ledger of these steps. Every second offset has no record, as with the markers of transactions.
 * @param hangs whether a unit closes the oldest open event last, otherwise first.
 */
function ledgerOf(all: readonly Step[], hangs: boolean): Written[] {
  const count = new EntryCount(EVENTS);
  const open: bigint[] = [];
  let [next, watermark] = [0n, 0n];
  return all.map(({ told, closed, ofFanOut }, at) => {
    const entries: { entry: string; digest: number }[] = [];
    let record: LedgerRecord;
    if (ofFanOut) {
      // A fan-out closes the events in their order, the open ones first.
      for (let left = closed; left > 0; left -= 1) {
        const offset = open.shift() ?? next++;
        entries.push({ entry: String(offset), digest: 1 });
      }
      watermark = open[0] ?? next;
      const ofRecord = entries.map(({ entry, digest }) => [entry, digest] as const);
      record = { entries: ofRecord, next: watermark, begun: null };
    } else {
      for (const offset of open.splice(hangs ? 1 : 0, closed))
        entries.push({ entry: String(offset), digest: 1 });
      const fresh = Array.from({ length: told }, () => next++);
      open.push(...fresh);
      watermark = open[0] ?? next;
      record = {
        writer: 'me',
        sequence: at + 1,
        entries,
        positions: new Map([[EVENTS, { offset: watermark, metadata: '' }]]),
        told: fresh.map((offset) => ({ offset, number: 0, madeAt: 5, isLast: true, endpointIds: ['a'] })),
        ended: [],
      };
    }
    const place = ofFanOut ? null : encodePlace(count.placeOf(record));
    count.add(record);
    return { offset: BigInt(2 * at), record, place };
  });
}

function placedIn(ledger: readonly Written[]): PlacedRecord[] {
  return ledger.flatMap(({ offset, place }) => {
    const read = decodePlace(place ?? undefined);
    return read === null ? [] : [{ offset, place: read }];
  });
}

describe('the beginning of what a new owner reads of a ledger', () => {
  it('leaves out nothing that it has to know, whoever has written the ledger', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.boolean(),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        async (all, hangs, entries, near) => {
          const ledger = ledgerOf(all, hangs);
          const last = placedIn(ledger).at(-1);
          fc.pre(last !== undefined);
          const placed = (from: bigint): Promise<PlacedRecord | null> => {
            const some = ledger.filter(({ offset }) => offset >= from).slice(0, LOOKED_AT);
            return Promise.resolve(placedIn(some)[0] ?? null);
          };
          const limits = { entries, near: BigInt(near) };
          const beginning = await ledgerBeginning(0n, last, placed, limits);
          const records = ledger.map(({ record }) => record);
          const read = ledger.filter(({ offset }) => offset >= beginning).map(({ record }) => record);
          const whole = takeOver(records, EVENTS, new DedupeWindow(entries));
          const known = takeOver(read, EVENTS, new DedupeWindow(entries));
          const entriesOf = records.flatMap((record) =>
            record.entries.map((each) => ('entry' in each ? each.entry : each[0])),
          );
          expect(known.positions).toEqual(whole.positions);
          for (const [offset, event] of whole.told) expect(known.told.get(offset)).toEqual(event);
          for (const entry of entriesOf.slice(-entries)) expect(known.dedupeWindow.has(entry)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  const many = Array.from({ length: 5_000 }, () => ({ told: 1, closed: 1, ofFanOut: false }));

  it('is near the oldest entry that counts, however long the ledger is', async () => {
    const places = placedIn(ledgerOf(many, false));
    const last = places.at(-1) as PlacedRecord;
    let looks = 0;
    const placed = (from: bigint): Promise<PlacedRecord | null> => {
      looks += 1;
      return Promise.resolve(places.find(({ offset }) => offset >= from) ?? null);
    };
    const beginning = await ledgerBeginning(0n, last, placed, { entries: 100, near: 20n });
    expect(last.offset - beginning).toBeGreaterThan(2n * 100n);
    expect(last.offset - beginning).toBeLessThan(2n * 130n);
    expect(looks).toBeLessThan(15);
  });

  it('is before all that was said of the oldest open event', async () => {
    const places = placedIn(ledgerOf(many, true));
    const placed = (from: bigint): Promise<PlacedRecord | null> =>
      Promise.resolve(places.find(({ offset }) => offset >= from) ?? null);
    const last = places.at(-1) as PlacedRecord;
    expect(await ledgerBeginning(0n, last, placed, { entries: 100, near: 20n })).toBe(0n);
  });

  it('is where it was before there were places, if hardly a record says its place', async () => {
    const place = { entries: 50_000, openSince: 50_000 };
    const nothing = (): Promise<null> => Promise.resolve(null);
    const limits = { entries: 100, near: 20n };
    expect(await ledgerBeginning(7n, { offset: 90_000n, place }, nothing, limits)).toBe(7n);
  });
});
