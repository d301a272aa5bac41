import { type Delivery, Topics } from '@skillora/contracts';

import type { EndpointMoment } from './audit.js';
import type { Arrival, CustomerServer } from './customer-server.js';
import type { ModelKafka } from './model-kafka.js';
import { attemptName } from './records.js';

/** What rate limits and holds are judged by. */
export interface PacedWorld {
  readonly calm: boolean;
  readonly arrivals: readonly Arrival[];
  readonly endpoints: ReadonlyMap<string, readonly EndpointMoment[]>;
  readonly servers: ReadonlyMap<string, CustomerServer>;
  readonly kafka: ModelKafka;
  /** The partition of an endpoint's deliveries. */
  shareOf(endpointId: string): number;
}

/** How far a dispatcher's table of endpoints may be behind, ms. */
const LAG_MS = 250;
const SECOND_MS = 1_000;
/** How long an attempt counts that is answered after 40 ms at most, and the time until its queue is woken. */
const COUNTS_MS = 1_060;
/** What a backlog behind a limit may be late beside, ms: pauses of the slow lane. */
const SLACK_MS = 8_000;
/**
 * The same for deliveries of a recovery, ms. Live ones push them out of the memory, the newest first. Each time, the lane is
 * read once more before they are in their order again.
 */
const RECOVERY_SLACK_MS = 30_000;

/** Checks the rate limits of a world that has come to rest. @returns the broken guarantees. */
export function brokenLimits(world: PacedWorld): string[] {
  const arrivals = Map.groupBy(world.arrivals, ({ delivery }) => delivery.endpointId);
  return [...arrivals].flatMap(([id, some]) => {
    const moments = world.endpoints.get(id) ?? [];
    return [
      ...noneIsAttemptedWhileHeld(some, moments),
      ...noSecondHasMore(id, some, moments),
      ...(world.calm ? limitsAreUsed(world, id, some) : []),
      ...(world.calm ? recoveriesKeepTheirOrder(world, id, some) : []),
    ];
  });
}

/** No second holds more attempts to an endpoint than its limit, whoever makes them. */
function noSecondHasMore(id: string, arrivals: readonly Arrival[], moments: readonly EndpointMoment[]) {
  const times = arrivals.map(({ at }) => at).sort((a, b) => a - b);
  return times.flatMap((from, index) => {
    const limit = highestLimit(moments, from - LAG_MS, from + SECOND_MS);
    const next = times[index + limit];
    return next !== undefined && next - from < SECOND_MS
      ? [`${limit + 1} attempts to ${id} within ${next - from} ms`]
      : [];
  });
}

/** A held endpoint gets nothing, once its dispatchers know. */
function noneIsAttemptedWhileHeld(arrivals: readonly Arrival[], moments: readonly EndpointMoment[]) {
  return arrivals.flatMap(({ attempt, at }) => {
    const known = moments.filter(
      (each, index) => each.at <= at && (moments[index + 1]?.at ?? Infinity) > at - LAG_MS,
    );
    return known.length > 0 && known.every(({ state }) => state?.heldSince !== undefined)
      ? [`${attempt} was made while its endpoint was held`]
      : [];
  });
}

/** The highest limit that an endpoint had at some time in a period. */
function highestLimit(moments: readonly EndpointMoment[], from: number, to: number): number {
  const inEffect = moments.filter(
    (each, index) => each.at < to && (moments[index + 1]?.at ?? Infinity) > from,
  );
  return Math.max(0, ...inEffect.map(({ state }) => state?.rateLimit ?? Infinity));
}

/** What waits behind a limit goes as fast as the limit allows. */
function limitsAreUsed(world: PacedWorld, id: string, arrivals: readonly Arrival[]): string[] {
  const limit = world.endpoints.get(id)?.[0]?.state?.rateLimit;
  if (limit === undefined || world.servers.get(id)?.character !== 'prompt') return [];
  let free = -Infinity;
  return arrivals.flatMap(({ attempt, delivery, at }) => {
    free = Math.max(free, Date.parse(delivery.dueAt)) + COUNTS_MS / limit;
    const slack = delivery.recoveryId === undefined ? SLACK_MS : RECOVERY_SLACK_MS;
    return at > free + slack ? [`${attempt} waited ${at - free} ms longer than its limit asks`] : [];
  });
}

/** Behind a limit, the deliveries of recoveries are attempted in the order in which they were handed over. */
function recoveriesKeepTheirOrder(world: PacedWorld, id: string, arrivals: readonly Arrival[]): string[] {
  if (world.endpoints.get(id)?.[0]?.state?.rateLimit === undefined) return [];
  const handedOver = world.kafka
    .log(Topics.deliveries, world.shareOf(id))
    .map(({ value }) => value as Delivery)
    .filter(
      ({ endpointId, recoveryId, step }) => endpointId === id && recoveryId !== undefined && step === 1,
    );
  const order = new Map(handedOver.map((delivery, index) => [attemptName(delivery), index]));
  let latest = -1;
  return arrivals.flatMap(({ attempt }) => {
    const place = order.get(attempt) ?? latest;
    if (place < latest) return [`${attempt} of a recovery was overtaken by later ones`];
    latest = place;
    return [];
  });
}
