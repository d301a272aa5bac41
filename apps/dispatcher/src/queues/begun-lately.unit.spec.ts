import { BegunLately } from './begun-lately.js';

describe('what has begun lately', () => {
  it('counts for 200 ms', () => {
    const begun = new BegunLately();
    begun.begin(1_000);
    begun.begin(1_000);
    begun.begin(1_100);
    expect(begun.count(1_190)).toBe(3);
    expect(begun.count(1_210)).toBe(1);
    expect(begun.count(1_310)).toBe(0);
  });

  it('is forgotten after a long rest', () => {
    const begun = new BegunLately();
    begun.begin(1_000);
    begun.begin(60_000);
    expect(begun.count(60_001)).toBe(1);
  });
});
