import fc from 'fast-check';

import { type Outlook, WindowShares } from './window-shares.js';

const SIZE = { records: 80, bytes: 8_000 };
const MINUTE = 60_000;

/** Takes deliveries of organisation `a` for as long as they have room. @returns how many there were. */
function fill(shares: WindowShares, outlook: Outlook, bytes: number, now = 0): number {
  for (let count = 0; ; count += 1) {
    shares.read('main/0', 'a', now);
    if (count > 1_000 || !shares.hasRoom('main/0', 'a', outlook, now)) return count;
    shares.take('main/0', 'a', bytes, now);
  }
}

/** Shares of windows in which organisation `b` was seen at 0. */
function withNeighbour(): WindowShares {
  const shares = new WindowShares(SIZE);
  shares.read('main/0', 'b', 0);
  return shares;
}

describe('the share of an organisation with neighbours on its partition', () => {
  it('is an eighth of the window, and a quarter for what leaves soon', () => {
    expect([fill(withNeighbour(), 'uncertain', 1), fill(withNeighbour(), 'soon', 1)]).toEqual([10, 20]);
  });

  it('counts bytes as it counts deliveries', () => {
    expect([fill(withNeighbour(), 'uncertain', 500), fill(withNeighbour(), 'soon', 500)]).toEqual([2, 4]);
  });

  it('keeps room for what leaves soon though the rest hangs', () => {
    const shares = withNeighbour();
    expect([fill(shares, 'uncertain', 1), fill(shares, 'soon', 1)]).toEqual([10, 10]);
  });

  it('has room for a first delivery, however large', () => {
    const shares = withNeighbour();
    expect(fill(shares, 'uncertain', 1_000_000)).toBe(1);
  });

  it('leaves the shares of others and of other windows alone', () => {
    const shares = withNeighbour();
    fill(shares, 'soon', 1);
    expect(shares.hasRoom('main/0', 'b', 'uncertain', 0)).toBe(true);
    expect(shares.hasRoom('slow/0', 'a', 'uncertain', 0)).toBe(true);
  });

  it('is free again when deliveries leave', () => {
    const shares = withNeighbour();
    fill(shares, 'soon', 1);
    for (let count = 0; count < 11; count += 1) shares.leave('main/0', 'a', 1, 5_000);
    expect(shares.hasRoom('main/0', 'a', 'uncertain', 5_000)).toBe(true);
  });
});

describe('the share of an organisation that is alone on its partition', () => {
  it('is the whole window for what leaves soon, and half of it for the rest', () => {
    const alone = () => new WindowShares(SIZE);
    expect([fill(alone(), 'uncertain', 1), fill(alone(), 'soon', 1)]).toEqual([40, 1_001]);
  });

  it('counts as alone once nobody else was read for a minute', () => {
    expect(fill(withNeighbour(), 'uncertain', 1, MINUTE)).toBe(10);
    expect(fill(withNeighbour(), 'uncertain', 1, MINUTE + 1)).toBe(40);
  });

  it('shrinks when a neighbour comes', () => {
    const shares = new WindowShares(SIZE);
    fill(shares, 'uncertain', 1);
    shares.read('main/0', 'b', 0);
    expect(shares.hasRoom('main/0', 'a', 'soon', 0)).toBe(false);
  });
});

describe('what an organisation holds', () => {
  it('is bounded over all windows together', () => {
    const shares = new WindowShares({ records: 1_000, bytes: 1e12 });
    for (let window = 0; window < 64; window += 1) {
      shares.read(`main/${window}`, 'a', 0);
      shares.take(`main/${window}`, 'a', 1_048_576, 0);
    }
    expect(shares.hasRoom('main/0', 'a', 'soon', 0)).toBe(false);
    shares.leave('main/5', 'a', 1_048_576, 0);
    expect(shares.hasRoom('main/0', 'a', 'soon', 0)).toBe(true);
  });

  it('drains while something has left within the last second', () => {
    const shares = withNeighbour();
    fill(shares, 'soon', 1, 0);
    expect([shares.drains('main/0', 'a', 999), shares.drains('main/0', 'a', 1_000)]).toEqual([true, false]);
    shares.leave('main/0', 'a', 1, 3_000);
    expect(shares.drains('main/0', 'a', 3_999)).toBe(true);
  });

  it('is nothing once everything has left, whatever came and went', () => {
    const step = fc.record({
      window: fc.constantFrom('main/0', 'slow/0'),
      organizationId: fc.constantFrom('a', 'b'),
      bytes: fc.integer({ min: 1, max: 100_000 }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const shares = new WindowShares(SIZE);
        for (const { window, organizationId, bytes } of steps) {
          shares.read(window, organizationId, 0);
          shares.take(window, organizationId, bytes, 0);
        }
        for (const { window, organizationId, bytes } of steps) shares.leave(window, organizationId, bytes, 0);
        for (const { window, organizationId } of steps) {
          expect(shares.hasRoom(window, organizationId, 'uncertain', 0)).toBe(true);
          expect(shares.drains(window, organizationId, 1e9)).toBe(true);
        }
      }),
    );
  });
});
