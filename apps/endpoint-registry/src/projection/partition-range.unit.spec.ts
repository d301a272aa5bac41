import fc from 'fast-check';

import {
  DAY_MS,
  expired,
  holds,
  type PartitionRange,
  partitionWidthMs,
  rangeFor,
  rangeName,
  readBound,
  writeBound,
} from './partition-range.js';

const now = Date.parse('2026-06-15T12:00:00.000Z');

describe('the width of a partition', () => {
  it('is a week for 90 days, and never less than a day', () => {
    expect(partitionWidthMs(90)).toBe(7 * DAY_MS);
    expect(partitionWidthMs(1)).toBe(DAY_MS);
    expect(partitionWidthMs(365)).toBe(29 * DAY_MS);
  });

  it('keeps rows at most a thirteenth of the retention, or a day, longer than asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_650 }), (days) => {
        expect(partitionWidthMs(days)).toBeLessThan((days / 13) * DAY_MS + DAY_MS);
      }),
    );
  });
});

describe('the range to make for a time', () => {
  const times = fc.array(
    fc.oneof(
      fc.integer({ min: now - 400 * DAY_MS, max: now + 30 * DAY_MS }),
      fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T00:00:00Z') }),
    ),
    { minLength: 1, maxLength: 60 },
  );

  it('holds the time and overlaps none, whatever retention was configured before', () => {
    fc.assert(
      fc.property(times, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (all, retentions) => {
        const made: PartitionRange[] = [];
        all.forEach((time, index) => {
          if (made.some((range) => holds(range, time))) return;
          const widthMs = partitionWidthMs(retentions[index % retentions.length]!);
          const range = rangeFor(time, made, { widthMs, now });
          expect(holds(range, time)).toBe(true);
          for (const other of made) expect(range.to <= other.from || range.from >= other.to).toBe(true);
          made.push(range);
        });
        expect(new Set(made.map(rangeName)).size).toBe(made.length);
      }),
    );
  });

  it('is one for everything that lies absurdly far away, at each end', () => {
    const options = { widthMs: 7 * DAY_MS, now };
    expect(rangeFor(Date.parse('0001-01-01T00:00:00Z'), [], options).from).toBe(-Infinity);
    expect(rangeFor(Date.parse('9999-01-01T00:00:00Z'), [], options).to).toBe(Infinity);
  });

  it('is read as it was written', () => {
    for (const range of [
      { from: now, to: now + DAY_MS },
      { from: -Infinity, to: now },
      { from: now, to: Infinity },
    ]) {
      expect(readBound(writeBound(range))).toEqual(range);
    }
    expect(readBound("FOR VALUES FROM ('2026-11-19 00:00:00+00') TO (MAXVALUE)")).toEqual({
      from: Date.parse('2026-11-19T00:00:00Z'),
      to: Infinity,
    });
  });
});

describe('what has expired', () => {
  it('is a range of which even the youngest row is older than the retention', () => {
    const ranges = [
      { from: -Infinity, to: now - 100 * DAY_MS },
      { from: now - 97 * DAY_MS, to: now - 90 * DAY_MS },
      { from: now - 90 * DAY_MS, to: now - 83 * DAY_MS },
    ];
    expect(expired(ranges, 90, now)).toEqual(ranges.slice(0, 2));
    expect(expired(ranges, 91, now)).toEqual(ranges.slice(0, 1));
  });
});
