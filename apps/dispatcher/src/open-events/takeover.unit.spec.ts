import type { WindowCommit } from '@skillora/kafka';

import { beginningAnew, takeOver, verdictOf } from './takeover.js';
import { type LedgerSlice, markOf, type UnitRecord } from './unit-record.js';

const EVENTS = 'events';
const [ME, OTHER] = ['me', 'another owner'];

const record = (more: Partial<UnitRecord>): UnitRecord => ({ ...markOf(ME), sequence: 1, ...more });
const told = (
  offset: bigint,
  endpointIds: readonly string[],
  more: Partial<LedgerSlice> = {},
): LedgerSlice => ({
  offset,
  number: 0,
  madeAt: 5,
  isLast: true,
  endpointIds,
  ...more,
});
const at = (offset: bigint): ReadonlyMap<string, WindowCommit> =>
  new Map([[EVENTS, { offset, metadata: '' }]]);

describe('a new owner of a unit', () => {
  it('knows of an open event whom it was told to, without those whose deliveries have ended', () => {
    const { told: events } = takeOver(
      [
        record({ told: [told(3n, ['a', 'b', 'c'])], positions: at(3n) }),
        record({ ended: [{ offset: 3n, endpointId: 'b' }], positions: at(3n) }),
      ],
      EVENTS,
    );
    expect([...(events.get(3n)?.left ?? [])]).toEqual([
      ['a', 5],
      ['c', 5],
    ]);
    expect(events.get(3n)?.matched).toEqual({ slices: 1, lastEndpointId: 'c', isWhole: true });
  });

  it('knows how far a wide event was matched, and when each delivery was made', () => {
    const { told: events } = takeOver(
      [
        record({ told: [told(3n, ['a', 'b'], { isLast: false })], positions: at(3n) }),
        record({ ended: [{ offset: 3n, endpointId: 'a' }], positions: at(3n) }),
        record({ told: [told(3n, ['c'], { number: 1, madeAt: 9, isLast: false })], positions: at(3n) }),
      ],
      EVENTS,
    );
    expect(events.get(3n)?.matched).toEqual({ slices: 2, lastEndpointId: 'c', isWhole: false });
    expect([...(events.get(3n)?.left ?? [])]).toEqual([
      ['b', 5],
      ['c', 9],
    ]);
  });

  it('keeps nothing of events before the watermark, and knows them by their entries', () => {
    const taken = takeOver(
      [
        record({ told: [told(3n, ['a'])], positions: at(3n) }),
        record({ entries: [{ entry: 'x', digest: 7 }], positions: at(4n) }),
      ],
      EVENTS,
    );
    expect(taken.told.size).toBe(0);
    expect(taken.dedupeWindow.has('x')).toBe(true);
    expect(taken.dedupeWindow.hasOtherData('x', 8)).toBe(true);
  });

  it('reads on where the last transaction says, which the mark of a takeover does not', () => {
    const { positions } = takeOver(
      [record({ positions: at(8n) }), record({ writer: OTHER, sequence: 0 })],
      EVENTS,
    );
    expect(positions).toEqual(at(8n));
  });
});

describe('a topic of events that was made anew', () => {
  const former = record({ told: [told(8n, ['a'])], entries: [{ entry: 'x', digest: 7 }], positions: at(8n) });

  it('is read from where it begins, and nothing of the log before is open', () => {
    const taken = beginningAnew(takeOver([former], EVENTS), new Map([[EVENTS, 2n]]), EVENTS);
    expect(taken.positions).toEqual(at(2n));
    expect(taken.told.size).toBe(0);
    expect(taken.dedupeWindow.has('x')).toBe(true);
  });

  it('is known to the owners after that by a position that went back', () => {
    const next = record({ told: [told(3n, ['b'])], positions: at(3n) });
    expect([...takeOver([former, next], EVENTS).told.keys()]).toEqual([3n]);
    const fanOut = { entries: [], next: 3n, begun: null };
    expect(takeOver([former, fanOut], EVENTS).told.size).toBe(0);
  });

  it('leaves all else as it is when another topic is', () => {
    const taken = beginningAnew(takeOver([former], EVENTS), new Map([['slow', 2n]]), EVENTS);
    expect(taken.positions).toEqual(new Map([...at(8n), ['slow', { offset: 2n, metadata: '' }]]));
    expect([...taken.told.keys()]).toEqual([8n]);
  });
});

describe('a transaction of unknown outcome', () => {
  const ours = { writer: ME, sequence: 4 };

  it('is written if the ledger has its record, and is not if nothing follows', () => {
    expect(verdictOf([record(ours)], ours)).toBe('written');
    expect(verdictOf([record({ sequence: 3 })], ours)).toBe('not-written');
    expect(verdictOf([], ours)).toBe('not-written');
  });

  it('does not matter any more when another owner has written, also after it', () => {
    const others = record({ writer: OTHER, sequence: 0 });
    expect(verdictOf([others], ours)).toBe('lost');
    expect(verdictOf([record(ours), others], ours)).toBe('lost');
  });
});
