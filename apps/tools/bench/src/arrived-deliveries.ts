import { setTimeout as delay } from 'node:timers/promises';

import type { Arrival, Receivers } from '@skillora/load';

const LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 500;

/** The deliveries of events that were published for some receivers. */
export interface ArrivedDeliveries {
  readonly expected: number;
  /** How many of them had not arrived after two minutes. */
  readonly missing: number;
  /** How many arrived more than once. */
  readonly repeated: number;
  readonly arrivals: readonly Arrival[];
  /** From publication to each arrival, in the same order, ms. */
  readonly took: readonly number[];
}

/**
 * Waits until events have arrived at the first receivers, or two minutes are over.
 * @param published when each event was published, by its mark; ms since the epoch.
 */
export async function arrivedDeliveries(
  receivers: Receivers,
  published: ReadonlyMap<string, number>,
  count: number,
): Promise<ArrivedDeliveries> {
  const deadline = Date.now() + LIMIT_MS;
  const expected = published.size * count;
  for (;;) {
    const arrivals = (await receivers.arrivals()).filter(
      ({ receiver, mark }) => receiver < count && published.has(mark),
    );
    const arrived = new Set(arrivals.map(({ receiver, mark }) => `${receiver}/${mark}`)).size;
    if (arrived >= expected || Date.now() > deadline) {
      const took = arrivals.map(({ mark, at }) => at - (published.get(mark) ?? at));
      return { expected, missing: expected - arrived, repeated: arrivals.length - arrived, arrivals, took };
    }
    await delay(LOOK_EVERY_MS);
  }
}
