import { HeldRetries } from './held-retries.js';

describe('the retries that an organisation holds back in a partition', () => {
  it('are bounded in number and in bytes', () => {
    const held = new HeldRetries({ records: 2, bytes: 1_000 });
    held.hold('1/0', 'a', 10);
    expect(held.mayHold('1/0', 'a')).toBe(true);
    held.hold('1/0', 'a', 10);
    expect(held.mayHold('1/0', 'a')).toBe(false);
    held.hold('1/0', 'b', 1_000);
    expect(held.mayHold('1/0', 'b')).toBe(false);
  });

  it('count for their organisation and partition only, and until they are released', () => {
    const held = new HeldRetries({ records: 1, bytes: 1_000 });
    held.hold('1/0', 'a', 10);
    expect([held.mayHold('1/0', 'b'), held.mayHold('1/1', 'a')]).toEqual([true, true]);
    held.release('1/0', 'a', 10);
    expect(held.mayHold('1/0', 'a')).toBe(true);
  });
});
