import { Copies, type SeenDelivery } from './copies.js';

const SINCE = Date.parse('2026-01-02T03:00:00.000Z');
const BEFORE = '2026-01-02T02:59:59.999Z';
const AFTER = '2026-01-02T03:00:01.000Z';

function delivery(
  ...attempts: [number: number, trigger: 'automatic' | 'manual', at: string][]
): SeenDelivery {
  return {
    id: 'd',
    endpoint_id: 'e',
    event_type: 'interview_completed',
    attempt_count: Math.max(0, ...attempts.map(([number]) => number)),
    attempts: attempts.map(([number, trigger, started_at]) => ({ number, trigger, started_at })),
  };
}

const numbers = (copies: Copies, seen: SeenDelivery): number[] =>
  copies.of(seen, SINCE).map(({ attempt }) => attempt);

describe('the copies of a delivery', () => {
  it('are made before its first attempt has ended, and once', () => {
    const copies = new Copies();
    expect(copies.of(delivery(), SINCE)).toEqual([
      { deliveryId: 'd', eventType: 'interview_completed', attempt: 1 },
    ]);
    expect(numbers(copies, delivery())).toEqual([]);
    expect(numbers(copies, delivery([1, 'automatic', AFTER]))).toEqual([]);
  });

  it('are made of an only attempt, whatever its clock says', () => {
    expect(numbers(new Copies(), delivery([1, 'automatic', BEFORE]))).toEqual([1]);
  });

  it('leave out automatic retries, and the first attempt if nobody listened then', () => {
    const copies = new Copies();
    expect(numbers(copies, delivery([1, 'automatic', AFTER], [2, 'automatic', AFTER]))).toEqual([1]);
    expect(numbers(new Copies(), delivery([1, 'automatic', BEFORE], [2, 'automatic', AFTER]))).toEqual([]);
  });

  it('are made again of what somebody retries by hand', () => {
    const copies = new Copies();
    copies.of(delivery([1, 'automatic', AFTER]), SINCE);
    const retried = delivery([1, 'automatic', AFTER], [2, 'automatic', AFTER], [3, 'manual', AFTER]);
    expect(numbers(copies, retried)).toEqual([3]);
    expect(numbers(copies, retried)).toEqual([]);
    expect(numbers(new Copies(), delivery([1, 'automatic', BEFORE], [2, 'manual', BEFORE]))).toEqual([]);
  });

  it('are remembered up to a bound', () => {
    const copies = new Copies(2);
    for (const id of ['a', 'b', 'c']) copies.of({ ...delivery(), id }, SINCE);
    expect(copies.of({ ...delivery(), id: 'c' }, SINCE)).toEqual([]);
    expect(copies.of({ ...delivery(), id: 'a' }, SINCE)).toHaveLength(1);
  });
});
