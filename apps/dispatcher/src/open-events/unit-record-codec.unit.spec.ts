import { randomUUID } from 'node:crypto';

import fc from 'fast-check';

import { decodeDigests, decodeEntries } from '../fan-out/dedupe-window.js';
import { decodeUnitRecord, encodeUnitRecord } from './unit-record-codec.js';
import { markOf, type UnitRecord } from './unit-record.js';

const EVENTS = 'webhook.events';

const offset = fc.bigInt({ min: 0n, max: 2n ** 60n });
const uuid = fc.uuid();
const aRecord: fc.Arbitrary<UnitRecord> = fc.record({
  writer: uuid,
  sequence: fc.nat(),
  entries: fc.array(
    fc.record({
      entry: fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString('latin1')),
      digest: fc.integer(),
    }),
  ),
  positions: fc
    .array(
      fc.tuple(
        fc.string({ maxLength: 60 }),
        fc.record({ offset, metadata: fc.string({ maxLength: 9_000 }) }),
      ),
      {
        maxLength: 8,
      },
    )
    .map((all) => new Map(all)),
  told: fc.array(
    fc.record({
      offset,
      number: fc.nat(),
      madeAt: fc.nat({ max: 2 ** 47 }),
      isLast: fc.boolean(),
      endpointIds: fc.array(uuid),
    }),
  ),
  ended: fc.array(fc.record({ offset, endpointId: uuid })),
});

describe('the bytes of a ledger record', () => {
  it('say all that it says', () => {
    fc.assert(
      fc.property(aRecord, (record) => {
        expect(decodeUnitRecord(encodeUnitRecord(record, EVENTS))).toEqual(record);
      }),
      { numRuns: 100 },
    );
  });

  it('tell a dispatcher with two hops which events are closed, and where to read on', () => {
    const entries = [
      { entry: 'a'.repeat(16), digest: 7 },
      { entry: 'b'.repeat(16), digest: -9 },
    ];
    const positions = new Map([
      [EVENTS, { offset: 12n, metadata: 'r1,2' }],
      ['webhook.deliveries', { offset: 40n, metadata: '' }],
    ]);
    const record = { writer: randomUUID(), sequence: 3, entries, positions, told: [], ended: [] };
    const { value, headers } = encodeUnitRecord(record, EVENTS);
    expect(decodeEntries(value)).toEqual(entries.map(({ entry }) => entry));
    expect(decodeDigests(headers['digests'] as Buffer, 2)).toEqual([7, -9]);
    expect(headers['next-offset']).toBe('12');
  });

  it('are 16 for each endpoint that is told, and 24 for each delivery that has ended', () => {
    const size = (endpoints: number, endings: number): number => {
      const ids = Array.from({ length: endpoints }, () => randomUUID());
      const told = [{ offset: 1n, number: 0, madeAt: 5, isLast: true, endpointIds: ids }];
      const ended = Array.from({ length: endings }, () => ({ offset: 1n, endpointId: randomUUID() }));
      const record = { ...markOf(randomUUID()), sequence: 1, told, ended };
      return (encodeUnitRecord(record, EVENTS).headers['unit'] as Buffer).length;
    };
    expect(size(100, 0) - size(0, 0)).toBe(1_600);
    expect(size(0, 100) - size(0, 0)).toBe(2_400);
  });

  it('are refused when they are of another version, cut off, too many, or not of a unit', () => {
    const record = { ...markOf(randomUUID()), sequence: 1 };
    const { value, headers } = encodeUnitRecord(record, EVENTS);
    const unit = headers['unit'] as Buffer;
    const newer = Buffer.from(unit);
    newer[0] = 2;
    for (const wrong of [newer, unit.subarray(0, -1), Buffer.concat([unit, Buffer.alloc(1)]), 'text']) {
      expect(() => decodeUnitRecord({ value, headers: { ...headers, unit: wrong } })).toThrow(RangeError);
    }
  });
});
