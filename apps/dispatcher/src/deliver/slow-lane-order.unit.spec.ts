import type { EndpointState } from '@skillora/contracts';

import { deliveriesInLanes } from '../testing/deliveries-in-lanes.js';

const ACTIVE = { id: 'p', url: 'https://example.com/hook', version: 1, isActive: true } as EndpointState;
const LIMITED: EndpointState = { ...ACTIVE, rateLimit: 1 };

describe('a record that is put aside in the slow lane', () => {
  it('does not keep those behind it there for ever, though its endpoint has a rate limit', async () => {
    const { slowLane, taken, come, pass } = deliveriesInLanes(LIMITED);
    const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const number of numbers) come(number);
    const putAside = slowLane.shift()?.number;
    expect(putAside).toBeGreaterThan(1);
    await pass(300_000);
    expect(taken).toEqual(numbers.filter((number) => number !== putAside));
  });
});

describe('what is in the slow lane when an endpoint without a rate limit is held', () => {
  const NUMBERS = Array.from({ length: 20 }, (_, index) => index + 1);
  const HELD: EndpointState = { ...ACTIVE, version: 2, heldSince: '2026-11-29T00:00:00.000Z' };
  const RESUMED: EndpointState = { ...ACTIVE, version: 3 };

  it.each([0, 2_000])(
    'is sent after the hold behind what was in memory then, when it lasts %i ms after that left',
    async (ms) => {
      const { known, slowLane, taken, come, tick, pass } = deliveriesInLanes(LIMITED);
      for (const number of NUMBERS.slice(0, 15)) come(number);
      known.endpoint = HELD;
      tick();
      await pass(ms);
      for (const number of NUMBERS.slice(15)) come(number);
      // Those that were in memory are behind those that were in the lane.
      expect(slowLane[0]?.number).toBeGreaterThan(1);
      expect(taken).toEqual([]);
      known.endpoint = RESUMED;
      await pass(60_000);
      expect([taken, slowLane]).toEqual([NUMBERS, []]);
    },
  );

  it('is sent in order after the hold, although some of it was requeued for the sake of others', async () => {
    const { known, slowLane, taken, come, pass } = deliveriesInLanes(HELD);
    for (const number of NUMBERS) come(number);
    await pass(2_000);
    slowLane.push(...slowLane.splice(0, 7));
    known.endpoint = RESUMED;
    await pass(60_000);
    expect(taken).toEqual(NUMBERS);
  });

  it('is not kept in order for an endpoint that does not keep up, and has not been held since', async () => {
    const { known, taken, come, tick, pass } = deliveriesInLanes({ ...LIMITED, rateLimit: 2 });
    for (const number of NUMBERS) come(number);
    known.endpoint = LIMITED;
    tick();
    known.endpoint = RESUMED;
    await pass(60_000);
    expect(taken).not.toEqual(NUMBERS);
    expect(taken.toSorted((a, b) => a - b)).toEqual(NUMBERS);
  });
});
