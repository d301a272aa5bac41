import fc from 'fast-check';

import { nextPart } from '../fan-out/fan-out-part.js';
import type { FanOutRecord } from '../fan-out/ledger-record.js';
import type { LedgerRecord } from './ledger-record.js';
import { type TakenOver, takeOver } from './takeover.js';
import { markOf, type UnitRecord } from './unit-record.js';

const EVENTS = 'events';
const [A, B, C, D] = ['a', 'b', 'c', 'd'];

const fanOut = (more: Partial<FanOutRecord>): FanOutRecord => ({
  entries: [],
  next: null,
  begun: null,
  ...more,
});
const part = (offset: bigint, parts: number, lastEndpointId: string): FanOutRecord =>
  fanOut({ next: offset, begun: { offset, parts, lastEndpointId } });
const unit = (more: Partial<UnitRecord>): UnitRecord => ({ ...markOf('me'), sequence: 1, ...more });
const told = (offset: bigint, endpointIds: readonly string[], isLast = true, number = 0): UnitRecord =>
  unit({
    told: [{ offset, number, madeAt: 5, isLast, endpointIds }],
    positions: new Map([[EVENTS, { offset, metadata: '' }]]),
  });
const leftOf = ({ told: events }: TakenOver, offset: bigint): string[] => [
  ...(events.get(offset)?.left.keys() ?? []),
];

describe('a unit that was fanned out before', () => {
  it('knows all events of the fan-out, also those of a release without digests, and reads on where it was', () => {
    const {
      dedupeWindow,
      positions,
      told: events,
    } = takeOver(
      [fanOut({ entries: [['x', null]], next: 3n }), fanOut({ entries: [['y', 7]], next: 5n }), fanOut({})],
      EVENTS,
    );
    expect(['x', 'y'].map((entry) => dedupeWindow.has(entry))).toEqual([true, true]);
    expect(['x', 'y'].map((entry) => dedupeWindow.hasOtherData(entry, 8))).toEqual([false, true]);
    expect(positions).toEqual(new Map([[EVENTS, { offset: 5n, metadata: '' }]]));
    expect(events.size).toBe(0);
  });

  it('goes on with an event behind the last endpoint that was fanned out, and numbers its slices on', () => {
    const taken = takeOver([part(4n, 1, A), part(4n, 2, B)], EVENTS);
    expect(taken.told.get(4n)).toEqual({
      matched: { slices: 2, lastEndpointId: B, isWhole: false },
      left: new Map(),
    });
    expect(takeOver([part(4n, 2, B), fanOut({ next: 5n })], EVENTS).told.size).toBe(0);
  });

  it('goes on with what a unit had told, without what was fanned out since', () => {
    const whole = takeOver([told(4n, [A, B, C, D]), part(4n, 1, B)], EVENTS);
    expect(leftOf(whole, 4n)).toEqual([C, D]);
    expect(whole.told.get(4n)?.matched).toEqual({ slices: 1, lastEndpointId: D, isWhole: true });
    const sliced = takeOver([told(4n, [A, B], false), part(4n, 3, C)], EVENTS);
    expect(leftOf(sliced, 4n)).toEqual([]);
    expect(sliced.told.get(4n)?.matched).toEqual({ slices: 3, lastEndpointId: C, isWhole: false });
  });

  it('keeps the positions of its other topics, which the fan-out does not know', () => {
    const before = new Map([
      [EVENTS, { offset: 2n, metadata: 'window' }],
      ['deliveries', { offset: 40n, metadata: 'done' }],
    ]);
    const { positions } = takeOver([unit({ positions: before }), fanOut({ next: 6n })], EVENTS);
    expect(positions).toEqual(new Map([...before, [EVENTS, { offset: 6n, metadata: '' }]]));
  });
});

/** Events with these endpoints in one partition, whose owners are units and fan-outs in turn. */
class History {
  private readonly ledger: LedgerRecord[] = [];
  /** The deliveries that have ended, or are in `webhook.deliveries`. */
  readonly made = new Set<string>();
  readonly again: string[] = [];

  constructor(
    private readonly events: number,
    private readonly endpointIds: readonly string[],
    private readonly room: number,
  ) {}

  /** A fan-out takes over and writes some transactions. */
  fanOut(transactions: number): void {
    const { positions, dedupeWindow } = this.known();
    let next = positions.get(EVENTS)?.offset ?? 0n;
    let begun = this.begunByFanOut();
    for (let count = 0; count < transactions && next < BigInt(this.events); count += 1) {
      if (dedupeWindow.has(String(next))) {
        next += 1n;
        begun = null;
        this.ledger.push(fanOut({ next }));
        continue;
      }
      const last = begun?.offset === next ? begun : null;
      const { endpoints, isLast } = this.matched(last?.lastEndpointId ?? null);
      // A fan-out does not know which deliveries of an open event have ended.
      for (const id of endpoints) this.made.add(`${next}/${id}`);
      if (isLast) {
        this.ledger.push(fanOut({ entries: [[String(next), 0]], next: next + 1n }));
        next += 1n;
        begun = null;
      } else {
        begun = { offset: next, parts: (last?.parts ?? 0) + 1, lastEndpointId: endpoints.at(-1) ?? '' };
        this.ledger.push(fanOut({ next, begun }));
      }
    }
  }

  /** A unit takes over, and ends some deliveries of each event; `endings` says how many, event by event. */
  unit(endings: readonly number[]): void {
    const taken = this.known();
    let watermark = taken.positions.get(EVENTS)?.offset ?? 0n;
    const closed = new Set<bigint>();
    let at = watermark;
    for (const most of endings) {
      if (at >= BigInt(this.events)) break;
      const offset = at;
      at += 1n;
      const isOver = taken.dedupeWindow.has(String(offset)) || this.deliver(offset, taken, most, watermark);
      if (isOver) closed.add(offset);
      while (closed.has(watermark)) watermark += 1n;
      const entries = isOver ? [{ entry: String(offset), digest: 0 }] : [];
      const positions = new Map([[EVENTS, { offset: watermark, metadata: '' }]]);
      this.ledger.push(unit({ entries, positions }));
    }
  }

  /** What a unit that takes over now does with all events: each delivery that is not made, once. */
  finish(): void {
    this.unit(Array.from({ length: this.events }, () => Infinity));
  }

  private known(): TakenOver {
    return takeOver(this.ledger, EVENTS);
  }

  /** What a fan-out knows of the event that it is to go on with: the last record with a position says so. */
  private begunByFanOut(): FanOutRecord['begun'] {
    const last = this.ledger.findLast((record) =>
      'writer' in record ? record.positions.size > 0 : record.next !== null,
    );
    return last && !('writer' in last) ? last.begun : null;
  }

  /** @returns whether all deliveries of the event have ended. */
  private deliver(offset: bigint, taken: TakenOver, most: number, watermark: bigint): boolean {
    const known = taken.told.get(offset);
    const left = [...(known?.left.keys() ?? [])];
    let { slices, lastEndpointId, isWhole } = known?.matched ?? {
      slices: 0,
      lastEndpointId: null,
      isWhole: false,
    };
    let ended = 0;
    for (;;) {
      while (left.length > 0 && ended < most) {
        const endpointId = left.shift() ?? '';
        const delivery = `${offset}/${endpointId}`;
        if (this.made.has(delivery)) this.again.push(delivery);
        this.made.add(delivery);
        ended += 1;
        this.ledger.push(unit({ ended: [{ offset, endpointId }] }));
      }
      if (left.length > 0) return false;
      if (isWhole) return true;
      const part = this.matched(lastEndpointId);
      const slice = { offset, number: slices, madeAt: 5, isLast: part.isLast, endpointIds: part.endpoints };
      const positions = new Map([[EVENTS, { offset: watermark, metadata: '' }]]);
      this.ledger.push(unit({ told: [slice], positions }));
      left.push(...part.endpoints);
      slices += 1;
      isWhole = part.isLast;
      lastEndpointId = part.endpoints.at(-1) ?? lastEndpointId;
    }
  }

  private matched(lastEndpointId: string | null): { endpoints: readonly string[]; isLast: boolean } {
    const all = this.endpointIds.map((id) => ({ id })) as unknown as Parameters<typeof nextPart>[0];
    const { endpoints, isLast } = nextPart(all, lastEndpointId, this.room);
    return { endpoints: endpoints.map(({ id }) => id), isLast };
  }
}

describe('a partition whose owners are fan-outs and units in turn', () => {
  it('loses no delivery, and a unit repeats none that has ended or was fanned out', () => {
    const owner = fc.oneof(
      fc.record({ kind: fc.constant('fan-out' as const), transactions: fc.nat({ max: 6 }) }),
      fc.record({
        kind: fc.constant('unit' as const),
        endings: fc.array(fc.nat({ max: 5 }), { maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(owner, { maxLength: 6 }),
        (events, endpoints, room, owners) => {
          const endpointIds = ['a', 'b', 'c', 'd', 'e'].slice(0, endpoints);
          const history = new History(events, endpointIds, room);
          for (const each of owners) {
            if (each.kind === 'fan-out') history.fanOut(each.transactions);
            else history.unit(each.endings);
          }
          history.finish();
          const all = Array.from({ length: events }, (_, offset) =>
            endpointIds.map((id) => `${offset}/${id}`),
          ).flat();
          expect([...history.made].sort()).toEqual(all.sort());
          expect(history.again).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});
