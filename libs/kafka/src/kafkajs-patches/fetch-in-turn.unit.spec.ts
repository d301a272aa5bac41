import { isTurn } from './fetch-in-turn.js';

it('topics that may wait are asked for at first, and then 100 ms after the last time', () => {
  expect([isTurn(undefined, 0), isTurn(0, 99), isTurn(0, 100)]).toEqual([true, false, true]);
});
