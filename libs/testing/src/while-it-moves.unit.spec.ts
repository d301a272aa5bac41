import { NothingMoves, untilItHolds, whileItMoves } from './while-it-moves.js';

const QUICK = { stillMs: 100, everyMs: 10 };

describe('a wait', () => {
  it('goes on far beyond its patience while something moves', async () => {
    const began = performance.now();
    let come = 0;
    await whileItMoves(
      'the end',
      () => ({ over: performance.now() - began > 5 * QUICK.stillMs, come: come++ }),
      QUICK,
    );
    expect(come).toBeGreaterThan(1);
  });

  it('ends when nothing moves any more, and says what did not come about and how far it had come', async () => {
    let come = 0;
    const waiting = whileItMoves('all 9 arrivals', () => ({ over: false, come: Math.min(7, come++) }), QUICK);
    await expect(waiting).rejects.toThrow(NothingMoves);
    await expect(waiting).rejects.toThrow(
      /^all 9 arrivals: waited [\d.]+ s for it, and nothing has moved for the last 0.1 s \(it has come to 7\)$/,
    );
  });

  it('does not take what goes back and forth for movement', async () => {
    let turn = 0;
    await expect(
      whileItMoves('the return', () => ({ over: false, come: turn++ % 3 }), QUICK),
    ).rejects.toThrow(NothingMoves);
  });

  it('for what shows no movement ends when its patience does, and rejects with what a look throws', async () => {
    await untilItHolds('now', () => true, QUICK);
    await expect(untilItHolds('never', () => false, QUICK)).rejects.toThrow(NothingMoves);
    await expect(untilItHolds('never', () => Promise.reject(new Error('gone')), QUICK)).rejects.toThrow(
      'gone',
    );
  });
});
