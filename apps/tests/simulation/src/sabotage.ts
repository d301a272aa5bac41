import { Topics } from '@skillora/contracts';
import type { ConnectFailure, LaneRoom } from '@skillora/dispatcher/simulation-exports';

import { Fenced } from './model-kafka.js';
import { PACE_BREAKINGS } from './pace-sabotage.js';
import { type Breaking, but, type Parts } from './parts.js';

/**
 * Deliberate faults. Each breaks one guarantee: a simulation that cannot find them would prove nothing. A
 * sabotage replaces a port of the engines or one of their pure functions; the engines know nothing of it.
 */
const BREAKINGS = {
  /** The commit of a record comes before its outcome is written. */
  'commit-first': (parts, { kafka, random }, life) => ({
    transact: async (owned, writes, commit) => {
      await parts.transact(owned, [], commit);
      await life.pause(random.between(1, 250));
      kafka.write(writes);
    },
  }),
  /** The outcome of a delivery is not written in the transaction of its commit. */
  'results-apart': (parts, { kafka, random }, life) => ({
    transact: async (owned, writes, commit) => {
      kafka.write(writes);
      await life.pause(random.between(1, 250));
      if (owned.isLost) throw new Fenced(owned.transactionalId);
      await parts.transact(owned, [], commit);
    },
  }),
  /** Commits do not carry the processed offsets above the watermark. */
  'no-metadata': (parts) => ({
    transact: (owned, writes, commit) =>
      parts.transact(owned, writes, { ...commit, commit: { offset: commit.commit.offset, metadata: '' } }),
  }),
  /** Fanned-out events are not remembered. */
  'no-dedupe-window': (parts) => ({
    newDedupeWindow: () => but(parts.newDedupeWindow(), { has: () => false }),
  }),
  /** The progress of an event that is fanned out in parts is not remembered. */
  'parts-forgotten': (parts) => ({
    readBack: (record) => ({ ...parts.readBack(record), progress: null }),
  }),
  /** An event that is fanned out in parts counts as finished after the first part. */
  'first-part-only': ({ fanOutRules }) => ({
    fanOutRules: { nextPart: (...event) => ({ ...fanOutRules.nextPart(...event), isLast: true }) },
  }),
  /** Deliveries that name their event send the one behind it. */
  'wrong-event': (parts) => ({
    eventAt: ({ offset, ...place }) => parts.eventAt({ ...place, offset: String(BigInt(offset) + 1n) }),
  }),
  /** The endpoints are not read to their end before events are matched. */
  'no-catch-up': ({ endpoints }) => ({
    endpoints: but(endpoints, { caughtUp: () => Promise.resolve() }),
  }),
  /** A waiting delivery is attempted as soon as it is read. */
  'retry-at-once': () => ({
    retryRules: { turnAt: () => 0, takeTurn: () => ({ kind: 'attempt' }) },
  }),
  /** Retries follow the standard schedule, whatever their endpoint has chosen. */
  'one-schedule': ({ deliverRules }) => ({
    deliverRules: but(deliverRules, {
      decideAfterAttempt: (delivery, end, endpoint, ...rest) =>
        deliverRules.decideAfterAttempt(delivery, end, endpoint && {}, ...rest),
    }),
  }),
  /** The random part of an extended delay makes it shorter, and not longer. */
  'earlier-than-due': ({ deliverRules }) => ({
    deliverRules: but(deliverRules, {
      decideAfterAttempt: (delivery, end, endpoint, schedules, endedAt) =>
        deliverRules.decideAfterAttempt(
          delivery,
          end,
          endpoint,
          { ...schedules, extended: schedules.extended.map((delay) => delay * 0.9) },
          endedAt,
        ),
    }),
  }),
  /** A delivery that waits in several retry topics is not written to the second one. */
  'hop-forgotten': (parts) => ({
    forward: (forwarded) => (forwarded.topic === Topics.deliveries ? parts.forward(forwarded) : []),
  }),
  /** A delivery that waits in several retry topics is attempted after the first one. */
  'one-hop': ({ retryRules }) => ({
    retryRules: but(retryRules, {
      takeTurn: (...turn) => {
        const decided = retryRules.takeTurn(...turn);
        return decided.kind === 'wait-again' ? { kind: 'attempt' } : decided;
      },
    }),
  }),
  /** The due time is decided once more with every retry topic. */
  'due-time-moved': (parts, { random }) => ({
    forward: ({ topic, delivery }) => {
      const dueAt = new Date(Date.parse(delivery.dueAt) + random.between(1, 60_000)).toISOString();
      return parts.forward({
        topic,
        delivery: topic === Topics.deliveries ? delivery : { ...delivery, dueAt },
      });
    },
  }),
  /** A delivery waits in the topic with the longest delay, even if it is due earlier. */
  'longest-hop': ({ retryRules }) => ({
    retryRules: but(retryRules, {
      takeTurn: (delays, ...turn) => {
        const decided = retryRules.takeTurn(delays, ...turn);
        return decided.kind === 'wait-again' ? { ...decided, topicNumber: delays.length } : decided;
      },
    }),
  }),
  /** An organisation may hold back any number of postponed retries. */
  'holds-all': () => ({ heldLimits: { records: Infinity, bytes: Infinity } }),
  /** A delivery is given up after one failure. */
  'no-retry': ({ deliverRules }) => ({
    deliverRules: but(deliverRules, {
      decideAfterAttempt: (delivery, end, endpoint, _schedules, endedAt) =>
        deliverRules.decideAfterAttempt(delivery, end, endpoint, { standard: [], extended: [] }, endedAt),
    }),
  }),
  /** Earlier rounds continue after a manual retry. */
  'no-superseding': () => ({ supersedes: () => false }),
  /** The mark of a round that somebody asked for drops this round too. */
  'own-mark-drops': (parts) => ({
    supersedes: ({ round, ...delivery }) => parts.supersedes({ ...delivery, round: Math.max(0, round - 1) }),
  }),
  /** The newest delivery is begun first. */
  'newest-first': () => ({ inOrder: (records) => records.reverse() }),
  /** One queue for all endpoints. */
  'one-queue': ({ deliverRules, limits }) => ({
    deliverRules: but(deliverRules, { queueOf: () => 'all' }),
    limits: { ...limits, perEndpoint: limits.perEndpoint * 2 },
  }),
  /** An organisation may hold all of a partition's window. */
  'no-shares': ({ deliverRules }) => ({ deliverRules: but(deliverRules, { isInShare: () => true }) }),
  /** An organisation may have any number of attempts at one host. */
  'no-host-cap': ({ limits }) => ({ limits: { ...limits, perHost: Infinity } }),
  /** Partitions are never paused. */
  'no-pause': () => ({ isFull: () => false }),
  /** An older owner is not fenced. */
  'no-fencing': (parts, { kafka }) => ({
    transact: (owned, writes, commit) =>
      parts.transact(but(owned, { epoch: kafka.newestEpoch(owned.transactionalId) }), writes, commit),
  }),
  /** Every delivery to an endpoint that cannot be reached tries to connect. */
  'no-breaker': ({ circuits }) => ({
    circuits: but(circuits, { admit: () => ({ kind: 'attempt' }) }),
  }),
  /** A known failure of an endpoint counts for ever. */
  'no-probes': ({ circuits }) => {
    const found = new Map<string, ConnectFailure>();
    return {
      circuits: but(circuits, {
        admit: (endpoint, now) => {
          const admission = circuits.admit(endpoint, now);
          if (admission.kind === 'share') found.set(endpoint.id, admission.failure);
          const failure = found.get(endpoint.id);
          return failure ? { kind: 'share', failure } : admission;
        },
      }),
    };
  },
  /** An answer does not close an open circuit. */
  'deaf-circuit': ({ circuits }) => ({
    circuits: but(circuits, {
      afterAttempt: (endpoint, failure, now) => {
        if (failure) circuits.afterAttempt(endpoint, failure, now);
      },
    }),
  }),
  /** An endpoint that cannot be reached keeps its concurrency limit. */
  'limit-kept': ({ deliverRules }) => ({
    deliverRules: but(deliverRules, {
      effectOf: (error, couldNotConnect, tookMs) => {
        const effect = deliverRules.effectOf(error, couldNotConnect, tookMs);
        return effect === 'unreachable' ? 'none' : effect;
      },
    }),
  }),
  /** A timeout does not change the endpoint's concurrency limit. */
  'no-trouble': ({ deliverRules }) => ({
    deliverRules: but(deliverRules, {
      effectOf: (error, couldNotConnect, tookMs) => {
        const effect = deliverRules.effectOf(error, couldNotConnect, tookMs);
        return effect === 'timeout' ? 'none' : effect;
      },
    }),
  }),
  /** Later deliveries do not follow earlier ones of their endpoint into the slow lane. */
  overtaking: ({ slowLane }) => ({ slowLane: but(slowLane, { holds: () => false }) }),
  /** Endpoints in the slow lane of a partition that another instance owns now are never forgotten. */
  'held-for-ever': ({ slowLane }) => ({ slowLane: but(slowLane, { lost: () => undefined }) }),
  /** The slow lane waits for every endpoint that has no room. */
  'waits-for-all': ({ deliverRules }) => ({
    deliverRules: but(deliverRules, {
      chooseInSlowLane: (inLane, room, ...rest) =>
        deliverRules.chooseInSlowLane(inLane, but(room, { isPrompt: () => true }), ...rest),
    }),
  }),
  /** What waits of a recovery does not count when more of it is read. */
  'recoveries-go-round': ({ deliverRules }) => {
    const ignoring = <R extends Pick<LaneRoom, 'hasRoom'>>(room: R): R => {
      const hasRoom: LaneRoom['hasRoom'] = (to) => room.hasRoom({ ...to, background: false });
      return but<R>(room, { hasRoom } as Partial<R>);
    };
    return {
      deliverRules: but(deliverRules, {
        chooseInMainLane: (delivery, room, ...rest) =>
          deliverRules.chooseInMainLane(delivery, ignoring(room), ...rest),
        chooseInSlowLane: (inLane, room, ...rest) =>
          deliverRules.chooseInSlowLane(inLane, ignoring(room), ...rest),
      }),
    };
  },
  /** Deliveries of an endpoint with a rate limit are taken from the slow lane as they come. */
  'order-forgotten': ({ slowLane }) => ({ slowLane: but(slowLane, { isNext: () => true }) }),
  /** Deliveries behind those of an endpoint without room are not looked for in the slow lane. */
  'nobody-served': ({ slowLane }) => ({ slowLane: but(slowLane, { mayServe: () => false }) }),
  ...PACE_BREAKINGS,
  /** A new owner of a partition may begin at once as many attempts as a limit allows. */
  'full-bucket': () => ({ aloneSince: () => -Infinity }),
  /** Deliveries that leave the main lane are not written to the slow one. */
  'slow-lane-forgets': (parts) => ({
    writesOf: (owned, outcome) => (outcome.kind === 'to-slow-lane' ? [] : parts.writesOf(owned, outcome)),
  }),
  /** A failure is reported as success. */
  'rosy-results': ({ deliverRules }) => ({
    deliverRules: but(deliverRules, {
      decideAfterAttempt: (delivery, { attempt, ...end }, ...rest) =>
        deliverRules.decideAfterAttempt(delivery, { ...end, attempt: { ...attempt, error: null } }, ...rest),
    }),
  }),
} satisfies Record<string, Breaking>;

export type Sabotage = keyof typeof BREAKINGS;
export const SABOTAGES = Object.keys(BREAKINGS) as Sabotage[];

/** @returns the parts of a dispatcher, some of them replaced by a sabotage. */
export function sabotaged(sabotage: Sabotage | null, ...[parts, world, life]: Parameters<Breaking>): Parts {
  return sabotage === null ? parts : { ...parts, ...(BREAKINGS[sabotage] as Breaking)(parts, world, life) };
}
