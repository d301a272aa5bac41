import { type Delivery, deliveryId, Topics } from '@skillora/contracts';
import { dedupeEntry } from '@skillora/dispatcher/simulation-exports';
import { isOpen } from '@skillora/endpoint-registry/simulation-exports';

import { type DeliveryHistory, foldDelivery, foundAt, histories } from './audit.js';
import type { Arrival } from './customer-server.js';
import { brokenIsolation } from './isolation-guarantees.js';
import { brokenLimits } from './pace-guarantees.js';
import { attemptName, type LedgerRecord, type SlowRecord } from './records.js';
import { arrivalOf, brokenSchedules } from './schedule-guarantees.js';
import { isSubscribed } from './sent-again.js';
import type { World } from './world.js';

/** Checks a world that has come to rest. @returns the broken guarantees. */
export function brokenGuarantees(world: World): string[] {
  const known = histories(world);
  const arrivals = Map.groupBy(world.arrivals, ({ attempt }) => attempt);
  return [
    ...world.violations,
    ...everyEventIsFannedOutOnce(world, known),
    ...everyDeliveryEnds(world, known, arrivals),
    ...repeatsAreWhatWasCutOff(world, arrivals),
    ...bodiesAreThoseOfTheirEvents(world),
    ...attemptsHaveOneResult(known),
    ...whatWasAskedForIsSent(world, known),
    ...brokenSchedules(world, known, arrivals),
    ...firstAttemptsAreInOrder(world),
    ...brokenIsolation(world, known),
    ...brokenLimits(world),
  ];
}

type Histories = ReadonlyMap<string, DeliveryHistory>;
type ArrivalsByAttempt = ReadonlyMap<string, readonly Arrival[]>;

/**
 * No accepted event is lost: each endpoint that was subscribed, and still is at the fan-out, has exactly one
 * delivery.
 */
function everyEventIsFannedOutOnce(world: World, known: Histories): string[] {
  const fannedOutAt = new Map<string, number>();
  for (const partition of [0, 1]) {
    for (const { value, timestamp } of world.kafka.log(Topics.fanOutLedger, partition)) {
      for (const entry of (value as LedgerRecord).entries) fannedOutAt.set(entry, timestamp);
    }
  }
  return world.accepted.flatMap(({ event, at }) => {
    const until = fannedOutAt.get(dedupeEntry(event));
    if (until === undefined) return [`event ${event.sourceId} was never fanned out`];
    return [...world.endpoints].flatMap(([id, moments]) => {
      const made = known.get(deliveryId(event.id, id))?.deliveries.filter(isFirst).length ?? 0;
      const wanted = moments
        .filter((moment, index) => moment.at <= until && (moments[index + 1]?.at ?? Infinity) >= at)
        .map(({ state }) => isSubscribed({ event, at }, state));
      if (made > 1) return [`event ${event.sourceId} was fanned out ${made} times to ${id}`];
      if (made === 0 && wanted.length > 0 && wanted.every(Boolean) && (moments[0]?.at ?? Infinity) <= at)
        return [`event ${event.sourceId} was not fanned out to ${id}, which was subscribed`];
      if (made === 1 && !wanted.some(Boolean))
        return [`event ${event.sourceId} was fanned out to ${id}, which was not subscribed`];
      return [];
    });
  });
}

function isFirst({ round, step, trigger }: Delivery): boolean {
  return round === 0 && step === 1 && trigger === 'automatic';
}

/**
 * Each delivery ends, and the audit, whatever the order in which it reads the topics, shows what was sent.
 */
function everyDeliveryEnds(world: World, known: Histories, arrivals: ArrivalsByAttempt): string[] {
  return [...known].flatMap(([id, history]) => {
    const createdAt = (history.deliveries[0] ?? history.results[0])?.createdAt ?? '';
    const { state } = foldDelivery(world, id, createdAt, history);
    const otherwise = foldDelivery(world, id, createdAt, history, world.random).state;
    const found: string[] = [];
    if (isOpen(state)) found.push(`delivery ${id} never ends: ${state.status}`);
    if (state.status !== otherwise.status || state.deliveredAt !== otherwise.deliveredAt)
      found.push(`the audit of ${id} depends on the order of reading: ${state.status}, ${otherwise.status}`);
    const isSuccess = history.results.some(({ status }) => status === 'success');
    if (isSuccess !== (state.status === 'success')) found.push(`the audit shows ${id} as ${state.status}`);
    for (const result of history.results) {
      if (result.attempt === null || foundAt(result) !== null) continue;
      const seen = arrivalOf(result, arrivals);
      if (!seen) found.push(`the audit tells of an attempt of ${id} that was not made`);
      else if ((seen.answer.status === 200) !== (result.status === 'success'))
        found.push(
          `the server answered ${seen.answer.status ?? 'nothing'}, the audit shows ${result.status}`,
        );
    }
    return found;
  });
}

/**
 * At least once, and rarely more: an attempt is repeated only if it was in progress when its instance lost
 * it.
 */
function repeatsAreWhatWasCutOff(world: World, arrivals: ArrivalsByAttempt): string[] {
  return [...arrivals].flatMap(([attempt, made]) => {
    const allowed = 1 + (world.risks.get(attempt) ?? 0);
    return made.length > allowed
      ? [`attempt ${attempt} was made ${made.length} times, ${allowed} allowed`]
      : [];
  });
}

/** What a person asked to be sent again is sent, or a later request took its place. How often: see above. */
export function whatWasAskedForIsSent(
  { askedRounds }: Pick<World, 'askedRounds'>,
  known: Histories,
): string[] {
  const newest = new Map(askedRounds.map(({ deliveryId: id, round }) => [id, round]));
  return [...newest].flatMap(([id, round]) =>
    known.get(id)?.results.some((result) => result.round === round)
      ? []
      : [`round ${round} of ${id} was asked for and never ended`],
  );
}

/** What is sent is the body of the event, whoever held it meanwhile. */
function bodiesAreThoseOfTheirEvents(world: World): string[] {
  const bodies = new Map(world.accepted.map(({ event }) => [event.id, event.body]));
  return world.arrivals.flatMap(({ attempt, delivery, body }) =>
    body === bodies.get(delivery.eventId) ? [] : [`attempt ${attempt} sent ${body}`],
  );
}

function attemptsHaveOneResult(known: Histories): string[] {
  return [...known].flatMap(([id, { results }]) => {
    const names = results.map(attemptName);
    return new Set(names).size === names.length ? [] : [`delivery ${id} has two results for one attempt`];
  });
}

/** To an endpoint that answers, first attempts begin in the order of its organisation's events. */
function firstAttemptsAreInOrder(world: World): string[] {
  const order = new Map(world.accepted.map(({ event }, index) => [event.id, index]));
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  // After a takeover, newer deliveries may overtake those that a former owner left in the slow lane.
  const inSlowLane = world.calm ? new Set<string>() : endpointsInSlowLane(world);
  return world.arrivals.flatMap(({ attempt, delivery }) => {
    const { endpointId, eventId, round, step } = delivery;
    const character = world.servers.get(endpointId)?.character;
    if (round !== 0 || step !== 1 || character !== 'prompt' || seen.has(attempt)) return [];
    if (inSlowLane.has(endpointId)) return [];
    seen.add(attempt);
    const place = order.get(eventId) ?? 0;
    const former = newest.get(endpointId) ?? -1;
    newest.set(endpointId, Math.max(place, former));
    return place < former ? [`event ${place} began after event ${former} at ${endpointId}`] : [];
  });
}

/** The endpoints that have had deliveries in the slow lane. */
function endpointsInSlowLane({ kafka }: World): Set<string> {
  const records = [0, 1, 2].flatMap((partition) => kafka.log(Topics.slowDeliveries, partition));
  return new Set(records.map(({ value }) => (value as SlowRecord).delivery.endpointId));
}
