import fc from 'fast-check';

import { replayedPart } from './fan-out.js';
import { deliveryId } from './ids.js';

describe('the part as which a replayed delivery is told of', () => {
  it('is the same each time, beyond all parts of the fan-out, and what PostgreSQL’s integer holds', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const part = replayedPart(id);
        expect(part).toBe(replayedPart(id));
        expect(part).toBeGreaterThanOrEqual(2 ** 30);
        expect(part).toBeLessThan(2 ** 31);
        expect(Number.isInteger(part)).toBe(true);
      }),
    );
  });

  it('differs between the endpoints of an event', () => {
    const event = '0f9d8c7b-6a5e-5d4c-8b3a-291817161514';
    const parts = ['a', 'b', 'c'].map((endpoint) => replayedPart(deliveryId(event, endpoint)));
    expect(new Set(parts).size).toBe(3);
  });
});
