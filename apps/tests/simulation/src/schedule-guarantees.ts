import {
  type Delivery,
  type DeliveryResult,
  retryScheduleOf,
  type RetryScheduleName,
  retryTopic,
  Topics,
} from '@skillora/contracts';
import { delaysOf, shortestRetryTopic } from '@skillora/dispatcher/simulation-exports';

import { type DeliveryHistory, foundAt } from './audit.js';
import type { Arrival } from './customer-server.js';
import { attemptName } from './records.js';
import type { World } from './world.js';

const MAX_RETRY_AFTER_MS = 3_600_000;
/** How much later than its delay an extended retry may be. */
const LATER = 1.1;
/** How far a dispatcher's table of the endpoints may be behind, ms. */
const LAG_MS = 200;
/** How late a retry may be in a world without faults, ms. */
const LATE_RETRY_MS = 3_000;
/** How long the record of a failure may take to be written, in a world without faults, ms. */
const WRITTEN_MS = 1_000;

type Histories = ReadonlyMap<string, DeliveryHistory>;
type ArrivalsByAttempt = ReadonlyMap<string, readonly Arrival[]>;

/**
 * Checks the retries of a world that has come to rest: each is due when the schedule of its endpoint says so, and is
 * made when it is due.
 * @returns the broken guarantees.
 */
export function brokenSchedules(world: World, known: Histories, arrivals: ArrivalsByAttempt): string[] {
  return [
    ...failuresFollowTheirSchedule(world, known, arrivals),
    ...retriesAreMadeWhenTheyAreDue(world, known, arrivals),
    ...replacedRoundsAreOver(world),
    ...(world.calm && world.choosy ? retriesArePunctual(world) : []),
    ...(world.calm && world.choosy ? topicsAreInOrder(world) : []),
  ];
}

/** The request of a result; another instance may have made the same attempt, even in the same millisecond. */
export function arrivalOf(result: DeliveryResult, arrivals: ArrivalsByAttempt): Arrival | undefined {
  const { startedAt = '', responseStatus = null } = result.attempt ?? {};
  return arrivals
    .get(attemptName(result))
    ?.find(({ at, answer }) => at === Date.parse(startedAt) && answer.status === responseStatus);
}

/**
 * A failure because of the receiver is followed by the next attempt of the schedule that its endpoint has then. A
 * round ends only when that schedule is used up, or when the receiver is gone for good.
 */
function failuresFollowTheirSchedule(world: World, known: Histories, arrivals: ArrivalsByAttempt): string[] {
  return [...known].flatMap(([id, { results }]) =>
    results.flatMap((result) => {
      const { attempt, error, step, round, nextRetryAt } = result;
      if (attempt === null || error === null || error === 'endpoint_deleted') return [];
      if (attempt.responseStatus === 410) return [];
      const failedAt = Date.parse(result.at);
      const delays = schedulesAt(world, result.endpointId, failedAt).map((name) => ({
        name,
        delay: delaysOf(world.schedules, name)[step - 1],
      }));
      if (nextRetryAt === null) {
        return delays.some(({ delay }) => delay === undefined)
          ? []
          : [`round ${round} of ${id} was given up after ${step} attempts`];
      }
      const waits = Date.parse(nextRetryAt) - failedAt;
      const asks = Math.min(arrivalOf(result, arrivals)?.answer.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
      const fits = delays.some(({ name, delay }) => {
        if (delay === undefined) return false;
        const most = name === 'extended' ? delay * LATER : delay;
        return waits >= Math.max(delay, asks) && waits <= Math.max(most, asks);
      });
      return fits ? [] : [`attempt ${step + 1} of ${id}/${round} waits ${waits} ms, which no schedule says`];
    }),
  );
}

/** The schedules that an endpoint had at a moment, or shortly before it. */
function schedulesAt(world: World, endpointId: string, at: number): RetryScheduleName[] {
  const moments = world.endpoints.get(endpointId) ?? [];
  return moments
    .filter((moment, index) => moment.at <= at && (moments[index + 1]?.at ?? Infinity) >= at - LAG_MS)
    .flatMap(({ state }) => (state ? [retryScheduleOf(state)] : []));
}

/** No attempt is made of a round that another one replaced some time ago. */
export function replacedRoundsAreOver({ kafka, arrivals }: Pick<World, 'kafka' | 'arrivals'>): string[] {
  const asked = new Map<string, { round: number; at: number }[]>();
  for (const { value, timestamp } of kafka.log(Topics.manualRetries, 0)) {
    const { deliveryId: id, round } = value as { deliveryId: string; round: number };
    asked.set(id, [...(asked.get(id) ?? []), { round, at: timestamp }]);
  }
  return arrivals.flatMap(({ attempt, delivery: { deliveryId: id, round }, at }) =>
    asked.get(id)?.some((later) => later.round > round && later.at < at - 60_000)
      ? [`attempt ${attempt} was made a minute after a manual retry had replaced it`]
      : [],
  );
}

/** No attempt is made before the time that the failure before it announced. */
function retriesAreMadeWhenTheyAreDue(world: World, known: Histories, arrivals: ArrivalsByAttempt): string[] {
  return world.arrivals.flatMap(({ attempt, delivery, at }) => {
    const found: string[] = [];
    const { deliveryId: id, round, step } = delivery;
    if (step === 1) return found;
    const before = known.get(id)?.results.find((each) => each.round === round && each.step === step - 1);
    if (!before || (foundAt(before) === null && !arrivalOf(before, arrivals))) {
      return [...found, `attempt ${attempt} follows none`];
    }
    if (delivery.dueAt !== before.nextRetryAt) {
      found.push(`attempt ${attempt} was due ${delivery.dueAt}, announced was ${before.nextRetryAt}`);
    }
    const early = Date.parse(before.nextRetryAt ?? '') - at;
    if (!(early <= 0)) found.push(`attempt ${attempt} was made ${early} ms before its time`);
    return found;
  });
}

/** Without faults, a retry to an endpoint that answers at once is made soon after it is due, however long it waited. */
function retriesArePunctual(world: World): string[] {
  return world.arrivals.flatMap(({ attempt, delivery, at }) => {
    if (world.servers.get(delivery.endpointId)?.character !== 'fails' || delivery.step === 1) return [];
    const late = at - Date.parse(delivery.dueAt);
    return late > LATE_RETRY_MS ? [`attempt ${attempt} was made ${late} ms after it was due`] : [];
  });
}

/**
 * All deliveries of a retry topic wait equally long, so they become ready in the order in which they were written. In
 * the topic with the shortest delay some may be ready earlier: what is left of their wait is shorter.
 */
function topicsAreInOrder({ kafka, schedules: { standard: delays } }: World): string[] {
  const shortest = shortestRetryTopic(delays);
  return delays.flatMap((delay, index) => {
    if (index + 1 === shortest) return [];
    return [0, 1, 2].flatMap((partition) =>
      kafka.log(retryTopic(index + 1), partition).flatMap(({ value, timestamp }) => {
        const delivery = value as Delivery;
        const early = timestamp + delay - Date.parse(delivery.dueAt);
        return early > WRITTEN_MS
          ? [
              `${attemptName(delivery)} waited in topic ${index + 1}, and was due ${early} ms before the others`,
            ]
          : [];
      }),
    );
  });
}
