import fc from 'fast-check';

import { FailingEndpoints } from './failing-endpoints.js';

const WINDOW_MS = 1_000;

describe('the endpoints that fail most', () => {
  it('are told the worst first, and no more than asked for', () => {
    const failing = new FailingEndpoints(WINDOW_MS);
    for (const endpoint of ['a', 'b', 'b', 'c', 'c', 'c']) failing.failed(endpoint, 5_000);
    expect(failing.worst(2, 5_000)).toEqual([
      { endpointId: 'c', failures: 3 },
      { endpointId: 'b', failures: 2 },
    ]);
  });

  it('are forgotten after one to two windows', () => {
    const failing = new FailingEndpoints(WINDOW_MS);
    failing.failed('a', 5_500);
    expect(failing.worst(1, 6_999)).toEqual([{ endpointId: 'a', failures: 1 }]);
    expect(failing.worst(1, 7_000)).toEqual([]);
    expect(failing.worst(1, 1_000_000)).toEqual([]);
  });

  it('take bounded memory, and who fails more than its share of all is never missed', () => {
    const capacity = 8;
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 400 }), (failures) => {
        const failing = new FailingEndpoints(WINDOW_MS, capacity);
        const truth = new Map<string, number>();
        for (const endpoint of failures.map(String)) {
          failing.failed(endpoint, 0);
          truth.set(endpoint, (truth.get(endpoint) ?? 0) + 1);
        }
        const told = new Map(failing.worst(1_000, 0).map((each) => [each.endpointId, each.failures]));
        expect(told.size).toBeLessThanOrEqual(capacity);
        for (const [endpoint, count] of truth) {
          if (count > failures.length / capacity) expect(told.get(endpoint)).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });
});
