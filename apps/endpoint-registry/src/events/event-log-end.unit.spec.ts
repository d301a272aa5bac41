import { hasReached } from './event-log-end.js';

describe('a reader of the log', () => {
  it('has reached the end where it has read every partition to it, or further', () => {
    const end = new Map([
      [0, 7n],
      [2, 1n],
    ]);
    expect(hasReached(new Map([...end, [1, 5n]]), end)).toBe(true);
    expect(hasReached(new Map([...end, [0, 8n]]), end)).toBe(true);
    expect(hasReached(new Map(), new Map())).toBe(true);
  });

  it('has not where records of one partition are left, or where it has read none of it', () => {
    const end = new Map([
      [0, 7n],
      [2, 1n],
    ]);
    expect(hasReached(new Map([...end, [0, 6n]]), end)).toBe(false);
    expect(hasReached(new Map([[0, 7n]]), end)).toBe(false);
  });
});
