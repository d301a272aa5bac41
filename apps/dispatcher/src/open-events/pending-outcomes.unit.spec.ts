import type { Instead } from '@skillora/kafka';

import { PendingOutcomes } from './pending-outcomes.js';
import type { Outcome } from './unit-transaction.js';

const LIMITS = { outcomes: 1_000, bytes: 1_000 };

const done = (offset: bigint, instead?: Instead<string>): Outcome<string> => ({
  kind: 'done',
  topic: 'deliveries',
  offset,
  writes: [`result of ${offset}`],
  bytes: 1,
  instead,
});

function pendingOf(...outcomes: Outcome<string>[]): PendingOutcomes<string> {
  const pending = new PendingOutcomes<string>();
  for (const outcome of outcomes) pending.add(outcome);
  return pending;
}

const writesOf = (pending: PendingOutcomes<string>) => pending.all.flatMap(({ writes }) => writes);

const firstOf = (pending: PendingOutcomes<string>, count: number) => pending.all.slice(0, count);

describe('outcomes that wait to be written', () => {
  it('have one of each record; another may come once that is written', () => {
    const pending = pendingOf(done(1n));
    expect(pending.add(done(1n))).toBe(false);
    expect(pending.add(done(2n))).toBe(true);
    pending.written(firstOf(pending, 1));
    expect(pending.all.map(({ bytes }) => bytes)).toEqual([1]);
    expect(pending.add(done(1n))).toBe(true);
  });

  it('are written in smaller and smaller transactions while Kafka refuses them, then in larger ones', () => {
    const pending = pendingOf(...[1n, 2n, 3n, 4n, 5n].map((offset) => done(offset)));
    expect(pending.limits(LIMITS)).toEqual(LIMITS);
    pending.refused(firstOf(pending, 5), 'too large');
    expect(pending.limits(LIMITS).outcomes).toBe(2);
    pending.refused(firstOf(pending, 2), 'too large');
    expect(pending.limits(LIMITS).outcomes).toBe(1);
    pending.written(firstOf(pending, 1));
    expect(pending.limits(LIMITS).outcomes).toBe(2);
    expect(pending.size).toBe(4);
  });

  it('let others pass while one is refused alone, whose alternatives take its place after five times', () => {
    const errors: unknown[] = [];
    const instead: Instead<string> = (error) => (errors.push(error), ['whole', 'short']);
    const pending = pendingOf(done(1n, instead), done(2n));
    pending.refused(firstOf(pending, 1), 'too large');
    expect(writesOf(pending)).toEqual(['result of 2', 'result of 1']);
    pending.written(firstOf(pending, 1));
    for (let times = 2; times < 5; times += 1) pending.refused(firstOf(pending, 1), 'too large');
    expect(writesOf(pending)).toEqual(['result of 1']);
    pending.refused(firstOf(pending, 1), 'too large');
    expect([writesOf(pending), errors]).toEqual([['whole'], ['too large']]);
    pending.refused(firstOf(pending, 1), 'still too large');
    expect(writesOf(pending)).toEqual(['short']);
    pending.refused(firstOf(pending, 1), 'still too large');
    expect(writesOf(pending)).toEqual(['short']);
    expect(pending.add(done(1n))).toBe(false);
  });
});
