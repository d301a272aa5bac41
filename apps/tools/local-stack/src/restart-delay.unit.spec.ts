import fc from 'fast-check';

import { restartDelayMs } from './restart-delay.js';

describe('the wait before a restart', () => {
  it('begins at half a second and doubles', () => {
    expect([0, 1, 2, 3, 4].map(restartDelayMs)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  it('never shrinks from one failure in a row to the next, and never exceeds ten seconds', () => {
    fc.assert(
      fc.property(fc.nat(), (restart) => {
        expect(restartDelayMs(restart + 1)).toBeGreaterThanOrEqual(restartDelayMs(restart));
        expect(restartDelayMs(restart)).toBeLessThanOrEqual(10_000);
      }),
    );
  });
});
