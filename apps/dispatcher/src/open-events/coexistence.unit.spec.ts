import { Coexistence } from './coexistence.js';

const MINUTE = 60_000;

describe('an instance beside those with two hops', () => {
  it('names deliveries only until it has heard that none is there', () => {
    const coexistence = new Coexistence();
    expect(coexistence.namesAll).toBe(false);
    expect(coexistence.heard(2, 0)).toBe(false);
    expect(coexistence.namesAll).toBe(false);
    expect(coexistence.heard(0, 1_000)).toBe(true);
    expect(coexistence.namesAll).toBe(true);
  });

  it('gives events and retries back when one comes, and joins anew only when the answer changes', () => {
    const coexistence = new Coexistence();
    coexistence.heard(0, 0);
    expect(coexistence.heard(0, 1_000)).toBe(false);
    expect(coexistence.heard(1, 2_000)).toBe(true);
    expect(coexistence.heard(3, 3_000)).toBe(false);
    expect(coexistence.namesAll).toBe(false);
  });

  it('asks once a second while one is there and for a minute after that, then less often', () => {
    const coexistence = new Coexistence();
    coexistence.heard(1, 0);
    expect(coexistence.askAgainAfterMs(0)).toBe(1_000);
    coexistence.heard(0, 1_000);
    expect(coexistence.askAgainAfterMs(MINUTE - 1)).toBe(1_000);
    expect(coexistence.askAgainAfterMs(MINUTE)).toBe(10_000);
  });

  it('asks once a second again when the members of its group change, since one may have come', () => {
    const coexistence = new Coexistence();
    coexistence.heard(0, 0);
    expect(coexistence.askAgainAfterMs(0)).toBe(10_000);
    coexistence.shaken(5 * MINUTE);
    expect(coexistence.askAgainAfterMs(6 * MINUTE - 1)).toBe(1_000);
  });
});
