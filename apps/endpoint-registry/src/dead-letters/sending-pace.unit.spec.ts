import fc from 'fast-check';

import { SendingPace } from './sending-pace.js';

describe('the pace of a redrive', () => {
  it('lets no more through in any second than its rate and a tenth, and one, whatever pauses there are', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), pauses, (rate, waits) => {
        const pace = new SendingPace(rate);
        let now = 0;
        const times = waits.map((pause) => {
          now += pause;
          now += pace.take(now);
          return now;
        });
        for (const begin of times) {
          const within = times.filter((time) => time >= begin && time < begin + 1_000).length;
          expect(within).toBeLessThanOrEqual(rate * 1.1 + 1);
        }
      }),
    );
  });

  it('reaches its rate', () => {
    const pace = new SendingPace(250);
    let now = 0;
    for (let count = 0; count < 1_000; count += 1) now += pace.take(now);
    expect(now).toBeLessThanOrEqual(4_000);
  });
});
