import { retryTopic, Topics } from '@skillora/contracts';

import { anyDelivery } from '../testing/any-delivery.js';
import { type ForwardedDelivery, RetryEngine } from './retry-engine.js';

const MINUTE = 60_000;
/** Asked for with `Retry-After`: more than the first delay, and less than twice as much. */
const POSTPONED_MS = 110_000;
const LIMITS = { records: 3, bytes: 600_000 };

/** A retry stage whose time passes when the test says so. Its records are their numbers. */
function controlled() {
  let now = 0;
  const calls: { at: number; act: () => void }[] = [];
  const written = new Map<number, ForwardedDelivery | null>();
  const engine = new RetryEngine<number>([MINUTE, 5 * MINUTE], LIMITS, {
    clock: {
      now: () => now,
      monotonic: () => now,
      after: (ms, act) => {
        const call = { at: now + ms, act };
        calls.push(call);
        return () => void calls.splice(calls.indexOf(call), 1);
      },
    },
    supersedes: () => false,
    isStale: () => false,
    ack: (record, forwarded) => written.set(record, forwarded),
    giveUp: (_record, error) => {
      throw error;
    },
    turned: () => undefined,
    failed: (_record, _delivery, error) => {
      throw error;
    },
  });
  return {
    written,
    /** Takes deliveries that were written at 0 and are due after `dueMs`. */
    take: (records: readonly number[], organizationId: string, bytes: number, dueMs = POSTPONED_MS) => {
      for (const record of records) {
        const dueAt = new Date(dueMs).toISOString();
        const delivery = anyDelivery({ organizationId, createdAt: dueAt, dueAt });
        engine.take({ record, delivery, topicNumber: 1, partition: 0, writtenAt: 0, bytes });
      }
    },
    passTo: (time: number) => {
      now = time;
      for (const call of calls.filter(({ at }) => at <= now)) {
        calls.splice(calls.indexOf(call), 1);
        call.act();
      }
    },
  };
}

describe('retries that `Retry-After` postpones a little beyond the first delay', () => {
  it.each([
    ['number', 1, 3],
    ['bytes', 250_000, 3],
    ['bytes, when they are large', 700_000, 1],
  ])('are held in memory up to a %s, and the others wait at the end of the topic', (_, bytes, held) => {
    const { written, take, passTo } = controlled();
    take([1, 2, 3, 4, 5], 'a', bytes);
    passTo(MINUTE);
    expect([...written.keys()]).toEqual([1, 2, 3, 4, 5].slice(held));
    expect(new Set([...written.values()].map((each) => each?.topic))).toEqual(new Set([retryTopic(1)]));
    passTo(POSTPONED_MS);
    expect([1, 2, 3].slice(0, held).map((record) => written.get(record)?.topic)).toEqual(
      Array.from({ length: held }, () => Topics.deliveries),
    );
  });

  it('use no part of what others may hold', () => {
    const { written, take, passTo } = controlled();
    take([1, 2, 3, 4], 'a', 1);
    take([5], 'b', 1);
    passTo(MINUTE);
    expect([...written.keys()]).toEqual([4]);
  });

  it('free their part when they are due', () => {
    const { written, take, passTo } = controlled();
    take([1, 2, 3], 'a', 1);
    passTo(MINUTE);
    passTo(POSTPONED_MS);
    written.clear();
    take([4, 5, 6, 7], 'a', 1, POSTPONED_MS + 1_000);
    passTo(POSTPONED_MS + 1);
    expect([...written.keys()]).toEqual([7]);
  });
});
