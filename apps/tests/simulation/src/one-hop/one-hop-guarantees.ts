import {
  type Delivery,
  deliveryId,
  type DeliveryResult,
  type EndpointState,
  Topics,
} from '@skillora/contracts';
import { dedupeEntry, isUnitRecord } from '@skillora/dispatcher/simulation-exports';
import { isOpen } from '@skillora/endpoint-registry/simulation-exports';

import { type AuditSources, foldDelivery, foundAt, histories } from '../audit.js';
import type { PublishedEvent } from '../customers.js';
import { whatWasAskedForIsSent } from '../guarantees.js';
import { brokenLimits, type PacedWorld } from '../pace-guarantees.js';
import { attemptName, type SlowRecord } from '../records.js';
import { replacedRoundsAreOver } from '../schedule-guarantees.js';
import { readLedgerRecord } from './mixed-ledger.js';
import type { EndpointVersion } from './model-registry.js';
import type { SliceReport } from './one-hop-parts.js';
import { momentsOf } from './one-hop-customers.js';
import { brokenOneHopIsolation } from './one-hop-isolation.js';
import type { OneHopWorld } from './one-hop-world.js';
import { mayBeMatchedLater } from './refusals.js';

/** How late a pending delivery may be visible in a world without faults, ms: it is told after 200. */
const VISIBLE_MS = 500;

/** A delivery as a report tells of it. Times are ms since the epoch. */
interface Reported {
  readonly id: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly madeAt: number;
  readonly toldAt: number;
}

/** How often each delivery was made once more, by its id. */
type MadeAgain = ReadonlyMap<string, number>;

/** Checks a world that has come to rest. @returns the broken guarantees. */
export function brokenOneHopGuarantees(world: OneHopWorld): string[] {
  const reported = reportsOf(world);
  const again = madeAgain(world);
  const results = resultsOf(world);
  return [
    ...world.violations,
    ...everyEventIsDeliveredToItsEndpoints(world, reported),
    ...everyEventIsKnownOnce(world),
    ...everyDeliveryIsReportedOnceAndEnds(world, reported, results, again),
    ...theAuditAgreesWithTheWire(world, results),
    ...attemptsHaveOneResult(results, again),
    ...repeatsAreWhatWasCutOff(world, again),
    // With two hops deliveries are divided by endpoint: newer ones may overtake what is left of it.
    ...(world.releases === 'one' ? firstAttemptsAreInOrder(world) : []),
    ...(world.calm ? pendingDeliveriesAreVisible(reported) : []),
    ...brokenOneHopIsolation(world),
    ...(world.asking ? whatWasAskedForIsSent(world, histories(sourcesOf(world))) : []),
    ...(world.asking ? replacedRoundsAreOver(world) : []),
    ...(world.paced ? brokenLimits(pacedView(world)) : []),
  ];
}

/** What the audit knows of each delivery before it has a result: from a report, or from what a fan-out has made. */
function reportsOf(world: OneHopWorld): Map<string, Reported[]> {
  const copied = copiesOf(world);
  const reports = recordsOf(world, Topics.fanOuts).map(({ value, timestamp: toldAt }) => ({
    ...(value as SliceReport),
    toldAt,
  }));
  // Of what Kafka refuses to report the audit knows nothing until there is a result. All else holds there too.
  const reported = [...reports, ...world.refusals.leftOut].flatMap(
    ({ eventId, madeAt, toldAt, deliveries }) =>
      deliveries.map(({ deliveryId: id, endpointId }) => ({ id, eventId, endpointId, madeAt, toldAt })),
  );
  return Map.groupBy([...reported, ...copied], ({ id }) => id);
}

/** The deliveries that a fan-out has made. */
function copiesOf(world: OneHopWorld): Reported[] {
  return recordsOf(world, Topics.deliveries).flatMap(({ value, timestamp }): Reported[] => {
    const { deliveryId: id, eventId, endpointId, createdAt, round, step } = value as Delivery;
    if (round > 0 || step > 1) return [];
    return [{ id, eventId, endpointId, madeAt: Date.parse(createdAt), toldAt: timestamp }];
  });
}

/** What a fan-out has made although it was made before: not more often than it has found its event open. */
function madeAgain(world: OneHopWorld): MadeAgain {
  const copies = Map.groupBy(copiesOf(world), ({ id }) => id);
  return new Map([...copies].map(([id, { length }]) => [id, Math.min(length, world.madeAgain(id))]));
}

function resultsOf(world: OneHopWorld): Map<string, DeliveryResult[]> {
  const all = recordsOf(world, Topics.deliveryResults).map(({ value }) => value as DeliveryResult);
  return Map.groupBy(all, ({ deliveryId: id }) => id);
}

/**
 * No accepted event is lost, and an endpoint counts from the answer to whoever changed it: it gets each event that was
 * accepted later, and none that its state, or one that followed before the match, does not want.
 */
function everyEventIsDeliveredToItsEndpoints(
  world: OneHopWorld,
  reported: Map<string, Reported[]>,
): string[] {
  return world.accepted.flatMap(({ event, at }) =>
    [...world.endpoints].flatMap(([endpointId, versions]) => {
      const made = reported.get(deliveryId(event.id, endpointId)) ?? [];
      const answered = versions.findLastIndex(({ answeredAt }) => (answeredAt ?? Infinity) < at);
      // Of a delivery that was not made, it is not known until when it might have been.
      const until = made.length === 0 ? Infinity : Math.max(...made.map(({ madeAt }) => madeAt));
      const possible: (EndpointVersion | null)[] = versions.filter(
        ({ writtenAt }, index) => index >= answered && (writtenAt ?? Infinity) <= until,
      );
      if (answered < 0) possible.push(null);
      const wants = possible.map((version) => isSubscribed({ event, at }, version?.state ?? null));
      if (made.length === 0 && wants.every(Boolean))
        return [`event ${event.sourceId} was not delivered to ${endpointId}, which was subscribed`];
      if (made.length > 0 && !wants.some(Boolean))
        return [`event ${event.sourceId} was delivered to ${endpointId}, which was not subscribed`];
      return [];
    }),
  );
}

function isSubscribed({ event }: PublishedEvent, state: EndpointState | null): boolean {
  return (
    state !== null &&
    state.isActive &&
    state.organizationId === event.organizationId &&
    state.events.some((type) => type === event.eventType)
  );
}

/** Each event is remembered once, when all of it has ended. */
function everyEventIsKnownOnce(world: OneHopWorld): string[] {
  const entries = recordsOf(world, Topics.fanOutLedger).flatMap((record) => {
    const read = readLedgerRecord(record);
    return isUnitRecord(read) ? read.entries.map(({ entry }) => entry) : read.entries.map(([entry]) => entry);
  });
  const known = Map.groupBy(entries, (entry) => entry);
  return world.accepted.flatMap(({ event }) => {
    const count = known.get(dedupeEntry(event))?.length ?? 0;
    return count === 1 ? [] : [`event ${event.sourceId} was closed ${count} times`];
  });
}

function everyDeliveryIsReportedOnceAndEnds(
  world: OneHopWorld,
  reported: Map<string, Reported[]>,
  results: Map<string, DeliveryResult[]>,
  madeAgainOf: MadeAgain,
): string[] {
  const known = histories(sourcesOf(world));
  return [...reported].flatMap(([id, reports]) => {
    const times = reports.map(({ madeAt }) => new Date(madeAt).toISOString());
    const [createdAt = ''] = times;
    const again = madeAgainOf.get(id) ?? 0;
    const found: string[] = [];
    if (reports.length > 1 + again) found.push(`delivery ${id} was reported ${reports.length} times`);
    const { state } = foldDelivery(sourcesOf(world), id, createdAt, known.get(id));
    if (isOpen(state) && !(world.madeAgain(id) > 0 && hasChanged(world, reports)))
      found.push(`delivery ${id} never ends: ${state.status}`);
    if (results.get(id)?.some((result) => !times.includes(result.createdAt)))
      found.push(`delivery ${id} was made at another time than its report says`);
    return found;
  });
}

/**
 * Whether the endpoint of a delivery was changed. A fan-out that makes the deliveries of an open event once more does so
 * for the endpoints of then: one that does not want the event any more has been told of, and gets nothing.
 */
function hasChanged(world: OneHopWorld, [report]: readonly Reported[]): boolean {
  return (world.endpoints.get(report?.endpointId ?? '')?.length ?? 0) > 1;
}

/** What was sent is known to the audit, and what the audit knows was sent. */
function theAuditAgreesWithTheWire(world: OneHopWorld, results: Map<string, DeliveryResult[]>): string[] {
  const known = histories(sourcesOf(world));
  const unreported = new Set(world.refusals.leftOut.map(({ eventId }) => eventId));
  const unknown = world.arrivals.flatMap(({ attempt, delivery }) =>
    // An instance that dies before it has told of an event leaves what it sent.
    unreported.has(delivery.eventId) ||
    (known.get(delivery.deliveryId)?.deliveries.length ?? 0) > 0 ||
    world.risks.has(attempt)
      ? []
      : [`the audit does not know ${attempt}`],
  );
  const arrivals = Map.groupBy(world.arrivals, ({ attempt }) => attempt);
  const wrong = [...results.values()].flat().flatMap((result) => {
    const { attempt, status } = result;
    if (attempt === null || foundAt(result) !== null) return [];
    const seen = arrivals
      .get(attemptName(result))
      ?.find(
        ({ at, answer }) => at === Date.parse(attempt.startedAt) && answer.status === attempt.responseStatus,
      );
    if (!seen) return [`the audit tells of ${attemptName(result)}, which was not made`];
    return (seen.answer.status === 200) === (status === 'success') ? [] : [`the audit shows ${status}`];
  });
  return [...unknown, ...wrong];
}

/** A delivery that was made once more has the results of both. */
function attemptsHaveOneResult(results: Map<string, DeliveryResult[]>, again: MadeAgain): string[] {
  return [...results].flatMap(([id, all]) => {
    const most = Math.max(...[...Map.groupBy(all, attemptName).values()].map(({ length }) => length));
    const allowed = 1 + (again.get(id) ?? 0);
    return most > allowed ? [`delivery ${id} has ${most} results for one attempt, ${allowed} allowed`] : [];
  });
}

/** An attempt is repeated only if it was in progress, or its result not written, when its instance lost it. */
function repeatsAreWhatWasCutOff(world: OneHopWorld, again: MadeAgain): string[] {
  return [...Map.groupBy(world.arrivals, ({ attempt }) => attempt)].flatMap(([attempt, made]) => {
    const id = made[0]?.delivery.deliveryId ?? '';
    const allowed = 1 + (again.get(id) ?? 0) + (world.risks.get(attempt) ?? 0);
    return made.length > allowed
      ? [`attempt ${attempt} was made ${made.length} times, ${allowed} allowed`]
      : [];
  });
}

/** To an endpoint that answers, first attempts begin in the order of its organisation's events. */
function firstAttemptsAreInOrder(world: OneHopWorld): string[] {
  const order = new Map(world.accepted.map(({ event }, index) => [event.id, index]));
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  const slow = new Set(
    recordsOf(world, Topics.slowDeliveries).map(({ value }) => (value as SlowRecord).delivery.endpointId),
  );
  return world.arrivals.flatMap(({ attempt, delivery }) => {
    const { endpointId, eventId, round, step } = delivery;
    const character = world.servers.get(endpointId)?.character;
    if (round !== 0 || step !== 1 || character !== 'prompt' || seen.has(attempt)) return [];
    // After a takeover, newer deliveries may overtake those that a former owner left in the slow lane.
    if (slow.has(endpointId) || mayBeMatchedLater(world, delivery)) return [];
    seen.add(attempt);
    const place = order.get(eventId) ?? 0;
    const former = newest.get(endpointId) ?? -1;
    newest.set(endpointId, Math.max(place, former));
    return place < former ? [`event ${place} began after event ${former} at ${endpointId}`] : [];
  });
}

/** A delivery that waits is visible soon, however long its endpoint takes. */
function pendingDeliveriesAreVisible(reported: Map<string, Reported[]>): string[] {
  return [...reported].flatMap(([id, reports]) =>
    reports.flatMap(({ madeAt, toldAt }) =>
      toldAt - madeAt > VISIBLE_MS ? [`delivery ${id} was visible after ${toldAt - madeAt} ms`] : [],
    ),
  );
}

function sourcesOf({ kafka, endpoints }: OneHopWorld): AuditSources {
  return { kafka, endpoints: momentsOf(endpoints) };
}

/** What rate limits and holds are judged by. Endpoints change here also where nothing fails. */
function pacedView(world: OneHopWorld): PacedWorld {
  const { arrivals, endpoints, servers, kafka } = world;
  const shareOf = (id: string): number => world.unitOf(endpoints.get(id)?.[0]?.state?.organizationId ?? '');
  return { calm: false, arrivals, endpoints: momentsOf(endpoints), servers, kafka, shareOf };
}

function recordsOf({ kafka, units }: OneHopWorld, topic: string) {
  return Array.from({ length: units }, (_, unit) => kafka.log(topic, unit)).flat();
}
