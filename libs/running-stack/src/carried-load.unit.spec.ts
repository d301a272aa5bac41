import { mayRepeat, shownUnder } from './carried-load.js';

it('faults are shown under a third of what a machine carries, neither more than wanted nor so little that it shows nothing', () => {
  expect([30, 300, 3_000, 3].map((carried) => shownUnder(carried, 250))).toEqual([10, 100, 250, 5]);
});

it('1 % of the deliveries may be repeated, or what was under way at each fault where that is more', () => {
  expect([mayRepeat(60_000, 5), mayRepeat(4_000, 5)]).toEqual([600, 100]);
});
