import { partitionOfKey } from '@skillora/kafka';

import { positionOf } from './event-log-end.js';
import { hasReached } from './projected-events.js';

const ORGANIZATION = '123e4567-e89b-12d3-a456-426614174000';

describe('a reader of the log', () => {
  const own = partitionOfKey(ORGANIZATION, 3);
  const end = [7n, 7n, 7n];

  it('has read all events of an organisation where it has read the partition of its key to the end, or further', () => {
    const position = positionOf(ORGANIZATION, end);
    expect(position).toEqual({ partition: own, offset: 7n });
    expect(hasReached(new Map([[own, 7n]]), position)).toBe(true);
    expect(hasReached(new Map([[own, 8n]]), position)).toBe(true);
  });

  it('has not where records of that partition are left, or where it has read none of it', () => {
    const others = [0, 1, 2]
      .filter((partition) => partition !== own)
      .map((partition) => [partition, 9n] as const);
    const position = positionOf(ORGANIZATION, end);
    expect(hasReached(new Map([...others, [own, 6n]]), position)).toBe(false);
    expect(hasReached(new Map(others), position)).toBe(false);
  });

  it('has read a log without records', () => {
    expect(hasReached(new Map(), positionOf(ORGANIZATION, [0n, 0n, 0n]))).toBe(true);
    expect(hasReached(new Map(), positionOf(ORGANIZATION, []))).toBe(true);
  });
});
