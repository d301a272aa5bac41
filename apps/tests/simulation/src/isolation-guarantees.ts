import { type Delivery, Topics } from '@skillora/contracts';

import { type DeliveryHistory, foundAt } from './audit.js';
import { type Arrival, TIME_LIMIT_MS } from './customer-server.js';
import type { ModelRecord } from './model-kafka.js';
import { PER_HOST } from './parts.js';
import { attemptName, type SlowRecord } from './records.js';
import type { World } from './world.js';

/**
 * How long a prompt endpoint may wait because of others; with a small overall limit, until hanging attempts
 * no longer count in it, ms.
 */
const ISOLATION_MS = { crowded: 2_000, usual: 1_000 } as const;
/** How late a retry may be because of others, ms. */
const LATE_RETRY_MS = 3_000;
/**
 * A failure that is taken over is not older than three of the longest times between two probes, which are 5 s
 * here.
 */
const FRESH_MS = 16_000;
/** The maximum number of attempts at one endpoint. */
const MOST_AT_ONCE = 4;
/** The concurrency limit of an endpoint is forgotten after this time without work, ms. */
const REMEMBERED_MS = 5 * 60_000;
/** The backlog of an endpoint must be gone this long after its last hanging answer, ms. */
const AWAKE_MS = 8_000;
/** The shortest time before a delivery is sent to the end of the slow lane again, ms. */
const BETWEEN_REQUEUES_MS = 5_000;
/**
 * The maximum number of connections a second that each instance opens to an endpoint that cannot be reached,
 * including new tries after a restart.
 */
const CONNECTIONS_PER_SECOND = 10;

/**
 * Checks how the endpoints of a world that has come to rest were isolated from each other: by concurrency
 * slots, circuits and the slow lane. Most of it is promised only while the system itself has no faults.
 * @returns the broken guarantees.
 */
export function brokenIsolation(world: World, known: Histories): string[] {
  const inCalm = [
    endpointsAreIsolated,
    retriesAreIsolated,
    sharedFindingsAreTrueAndFresh,
    answersEndSharing,
    thoseBackAreServedGently,
    thoseThatHangHaveOneAttempt,
    thoseAwakeAreServedSoon,
    noneOvertakesTheSlowLane,
    thoseThatHangAreRequeuedSeldom,
    recoveriesAreNotWrittenRound,
  ];
  return [
    ...theUnreachableCostLittle(world),
    ...noHostIsCrowded(world),
    ...nobodyStaysInTheSlowLane(world),
    ...(world.calm ? inCalm.flatMap((guarantee) => guarantee(world, known)) : []),
  ];
}

type Histories = ReadonlyMap<string, DeliveryHistory>;

/** Slow servers do not delay deliveries to prompt ones. */
function endpointsAreIsolated(world: World): string[] {
  const limit = world.crowded ? ISOLATION_MS.crowded : ISOLATION_MS.usual;
  return world.arrivals.flatMap(({ attempt, delivery, at }) => {
    if (world.servers.get(delivery.endpointId)?.character !== 'prompt' || delivery.step !== 1) return [];
    // Deliveries of a recovery make way.
    if (isLimited(world, delivery.endpointId) || delivery.recoveryId !== undefined) return [];
    const waited = at - Date.parse(delivery.dueAt);
    return waited > limit ? [`a prompt server waited ${waited} ms for ${attempt}`] : [];
  });
}

/** Another customer's postponed retries do not delay the retries of an endpoint that fails at once. */
function retriesAreIsolated(world: World): string[] {
  if (!world.flooded) return [];
  return world.arrivals.flatMap(({ attempt, delivery, at }) => {
    if (world.servers.get(delivery.endpointId)?.character !== 'fails' || delivery.step === 1) return [];
    const waited = at - Date.parse(delivery.dueAt);
    return waited > LATE_RETRY_MS ? [`a retry waited ${waited} ms after it was due: ${attempt}`] : [];
  });
}

/** A failure is taken over only if another attempt was really made shortly before and could not connect. */
function sharedFindingsAreTrueAndFresh(world: World, known: Histories): string[] {
  const refused = new Set(
    world.arrivals.flatMap(({ delivery, at, answer }) =>
      answer.refused ? [`${delivery.endpointId}/${at + answer.afterMs}`] : [],
    ),
  );
  return [...known].flatMap(([id, { results }]) =>
    results.flatMap((result) => {
      const found = foundAt(result);
      if (found === null) return [];
      const age = Date.parse(result.attempt?.startedAt ?? '') - found;
      if (!refused.has(`${result.endpointId}/${found}`)) return [`delivery ${id} shares what nobody found`];
      return age > FRESH_MS ? [`delivery ${id} shares what was found ${age} ms before`] : [];
    }),
  );
}

/** Any answer of an endpoint, even late or with an error, ends the taking over of its earlier failure. */
function answersEndSharing(world: World, known: Histories): string[] {
  const answers = Map.groupBy(
    world.arrivals.filter(({ answer }) => !answer.refused),
    ({ delivery }) => delivery.endpointId,
  );
  return [...known].flatMap(([id, { results }]) =>
    results.flatMap((result) => {
      const found = foundAt(result);
      if (found === null) return [];
      const sharedAt = Date.parse(result.attempt?.startedAt ?? '');
      const answered = answers.get(result.endpointId)?.some((each) => {
        const end = endOf(each);
        return found < end && end < sharedAt;
      });
      return answered ? [`delivery ${id} shares what was found before its endpoint answered`] : [];
    }),
  );
}

/** An endpoint that cannot be reached costs an occasional connection, not one for each delivery. */
function theUnreachableCostLittle(world: World): string[] {
  const bySecond = new Map<string, number>();
  for (const { delivery, at, answer } of world.arrivals) {
    if (!answer.refused || delivery.trigger === 'manual') continue;
    const second = `${delivery.endpointId}/${Math.floor(at / 1_000)}`;
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
  }
  return [...bySecond].flatMap(([second, count]) =>
    count > CONNECTIONS_PER_SECOND * world.instancesMade ? [`${count} connections within ${second}`] : [],
  );
}

/** An organisation sends a host no more than the limit at a time, however many endpoints it has there. */
function noHostIsCrowded(world: World): string[] {
  const atOneHost = Map.groupBy(world.arrivals, ({ delivery, instance }) =>
    [instance, delivery.organizationId, world.hostOf(delivery.endpointId)].join(' '),
  );
  return [...atOneHost].flatMap(([host, arrivals]) => {
    const changes = arrivals.flatMap((each) => [
      { at: each.at, change: 1 },
      { at: endOf(each), change: -1 },
    ]);
    // An attempt that ends at the moment when another one begins has made room for it.
    changes.sort((a, b) => a.at - b.at || a.change - b.change);
    let underWay = 0;
    const most = changes.reduce((greatest, { change }) => Math.max(greatest, (underWay += change)), 0);
    return most > PER_HOST ? [`${most} under way from ${host}`] : [];
  });
}

/** An endpoint that recovers first gets its backlog one delivery at a time, and more with each answer. */
function thoseBackAreServedGently(world: World): string[] {
  return [...Map.groupBy(world.arrivals, ({ delivery }) => delivery.endpointId)].flatMap(([id, arrivals]) => {
    if (world.servers.get(id)?.character !== 'comes-back') return [];
    // Attempts that a person asked for do not count.
    if (arrivals.some(({ delivery }) => delivery.trigger === 'manual')) return [];
    const served = arrivals.filter(({ answer }) => !answer.refused);
    const lastRefused = arrivals.findLast(({ answer }) => answer.refused)?.at ?? -Infinity;
    const awayMs = (served[0]?.at ?? 0) - lastRefused;
    // Attempts that began before the endpoint was known, and those that begin when it is forgotten.
    if (awayMs < 1_000 || awayMs > REMEMBERED_MS) return [];
    return served.flatMap(({ at }) => {
      const begun = served.filter((each) => each.at <= at);
      const answered = begun.filter((each) => endOf(each) <= at).length;
      const underWay = begun.length - answered;
      return underWay > answered + 1
        ? [`${underWay} under way at ${id}, which is back, after ${answered} answers`]
        : [];
    });
  });
}

/** An endpoint that hangs is reduced to one slot: each attempt that times out halves its slots. */
function thoseThatHangHaveOneAttempt(world: World): string[] {
  return [...Map.groupBy(world.arrivals, ({ delivery }) => delivery.endpointId)].flatMap(([id, arrivals]) => {
    if (arrivals.some(({ delivery }) => delivery.trigger === 'manual')) return [];
    const hanging = arrivals.filter(({ at }) => hangsAt(world, id, at));
    const idle = hanging.findIndex(({ at }, index) => at - (hanging[index - 1]?.at ?? at) > REMEMBERED_MS);
    return hanging.slice(0, idle < 0 ? Infinity : idle).flatMap(({ at }, index) => {
      const ended = hanging.filter((each) => endOf(each) <= at).length;
      const underWay = index + 1 - ended;
      return underWay > Math.max(1, MOST_AT_ONCE >> Math.min(ended, 8))
        ? [`${underWay} under way at ${id}, which hangs, after ${ended} that timed out`]
        : [];
    });
  });
}

/** An endpoint that hangs does not make others wait in the slow lane. */
function thoseAwakeAreServedSoon(world: World): string[] {
  return world.arrivals.flatMap(({ attempt, delivery, at }) => {
    const server = world.servers.get(delivery.endpointId);
    if (server?.character !== 'wakes') return [];
    const waited = at - Math.max(Date.parse(delivery.dueAt), server.backAt + TIME_LIMIT_MS);
    return waited > AWAKE_MS ? [`a server that is awake waited ${waited} ms for ${attempt}`] : [];
  });
}

/**
 * Deliveries for an endpoint with earlier deliveries in the slow lane follow them there, and overtake none.
 */
function noneOvertakesTheSlowLane(world: World): string[] {
  const begunAt = new Map(world.arrivals.map(({ attempt, at }) => [attempt, at]));
  const leftAt = new Map<string, Map<string, number>>();
  for (const { value, timestamp } of recordsOf(world, Topics.slowDeliveries)) {
    const { delivery } = value as SlowRecord;
    if (delivery.recoveryId !== undefined) continue;
    const left = leftAt.get(delivery.endpointId) ?? new Map<string, number>();
    leftAt.set(delivery.endpointId, left);
    const attempt = attemptName(delivery);
    if (!left.has(attempt)) left.set(attempt, timestamp);
  }
  return recordsOf(world, Topics.deliveries).flatMap(({ value, timestamp }) => {
    const delivery = value as Delivery;
    const attempt = attemptName(delivery);
    const left = leftAt.get(delivery.endpointId);
    const at = begunAt.get(attempt);
    if (delivery.recoveryId !== undefined) return [];
    if (!left || left.has(attempt) || at === undefined || delivery.trigger === 'manual') return [];
    return [...left].flatMap(([earlier, since]) =>
      since < timestamp && (begunAt.get(earlier) ?? -Infinity) > at
        ? [`${attempt} overtook ${earlier}, which was in the slow lane`]
        : [],
    );
  });
}

/** When everything is delivered, every endpoint is in the main lane again. */
function nobodyStaysInTheSlowLane({ heldInSlowLane }: World): string[] {
  return heldInSlowLane > 0 ? [`${heldInSlowLane} endpoints stay in the slow lane, which is empty`] : [];
}

/** Deliveries that wait for a hanging endpoint are rewritten only occasionally. */
function thoseThatHangAreRequeuedSeldom(world: World): string[] {
  const last = new Map<string, number>();
  return recordsOf(world, Topics.slowDeliveries).flatMap(({ value }) => {
    const { delivery, requeuedAt } = value as SlowRecord;
    if (requeuedAt === null || !hangsAt(world, delivery.endpointId, requeuedAt)) return [];
    const attempt = attemptName(delivery);
    const passed = requeuedAt - (last.get(attempt) ?? -Infinity);
    last.set(attempt, requeuedAt);
    return passed < BETWEEN_REQUEUES_MS ? [`${attempt} was requeued again after ${passed} ms`] : [];
  });
}

/**
 * Deliveries of a recovery are rewritten only occasionally, however few their endpoint takes. Those that
 * leave the memory make way for others of their endpoint.
 */
function recoveriesAreNotWrittenRound(world: World): string[] {
  const last = new Map<string, number>();
  const soon = new Map<string, number>();
  for (const { value } of recordsOf(world, Topics.slowDeliveries)) {
    const { delivery, requeuedAt } = value as SlowRecord;
    if (requeuedAt === null || delivery.recoveryId === undefined) continue;
    const attempt = attemptName(delivery);
    const passed = requeuedAt - (last.get(attempt) ?? -Infinity);
    last.set(attempt, requeuedAt);
    const { endpointId } = delivery;
    if (passed < BETWEEN_REQUEUES_MS) soon.set(endpointId, (soon.get(endpointId) ?? 0) + 1);
  }
  const others = Map.groupBy(
    recordsOf(world, Topics.deliveries).map(({ value }) => value as Delivery),
    ({ endpointId, recoveryId }) => (recoveryId === undefined ? endpointId : null),
  );
  return [...soon].flatMap(([id, count]) =>
    count > (others.get(id)?.length ?? 0)
      ? [`deliveries of a recovery for ${id} were requeued ${count} times`]
      : [],
  );
}

function isLimited({ endpoints }: World, endpointId: string): boolean {
  return endpoints.get(endpointId)?.some(({ state }) => state?.rateLimit !== undefined) ?? false;
}

function hangsAt({ servers }: World, endpointId: string, at: number): boolean {
  const { character, backAt = 0 } = servers.get(endpointId) ?? {};
  return character === 'hangs' || (character === 'wakes' && at < backAt);
}

function recordsOf({ kafka }: World, topic: string): ModelRecord[] {
  return [0, 1, 2].flatMap((partition) => kafka.log(topic, partition));
}

function endOf({ at, answer }: Arrival): number {
  return at + answer.afterMs;
}
