import { Topics } from '@skillora/contracts';

import { PACE_BREAKINGS } from '../pace-sabotage.js';
import { but } from '../parts.js';
import type { OneHopParts, RelayParts } from './one-hop-parts.js';
import type { OneHopSurroundings } from './one-hop-surroundings.js';

/** A sabotage of a dispatcher. @returns the parts that it replaces. */
type Breaking = (parts: OneHopParts, world: OneHopSurroundings) => Partial<OneHopParts>;

/**
 * Deliberate faults of dispatchers, each against one rule of `docs/decisions/36`. Each replaces a port of the engines or
 * one of their pure functions.
 */
const BREAKINGS = {
  /** A new owner does not know which deliveries of an open event have ended. */
  'ends-forgotten': ({ readBack }) => ({ readBack: (record) => ({ ...readBack(record), ended: [] }) }),
  /** An event is known as done with the first thing that is said of it. */
  'early-entry': ({ written }) => ({
    written: (record, told) => ({
      ...written(record, told),
      entries: [...record.entries, ...told.map(({ event: { entry, digest } }) => ({ entry, digest }))],
      told: [],
    }),
  }),
  /** A repeat makes its event known, though the event is open. */
  'repeat-writes-entry': ({ unitRules }) => ({
    unitRules: { ...unitRules, entryOfRepeat: (entry) => entry },
  }),
  /** A repeat of an open event is not recognised. */
  'open-not-asked': ({ unitRules }) => ({
    unitRules: { ...unitRules, isKnown: (entry, window) => window.has(entry) },
  }),
  /** An event is told when something of it has ended, however long that takes. */
  'told-late': ({ unitRules }) => ({
    unitRules: {
      ...unitRules,
      isDue: (slice, now) => slice.endpointIds.length === 0 && unitRules.isDue(slice, now),
    },
  }),
  /** A transaction holds all that waits. */
  uncut: ({ limits }) => ({ limits: { ...limits, outcomes: Infinity, bytes: Infinity } }),
  /** All endpoints of an event are matched at once. */
  'no-slices': ({ unitRules }) => ({
    unitRules: { ...unitRules, nextPart: (endpoints) => ({ endpoints, isLast: true }) },
  }),
  /** The first slice that a new owner reads counts as the last. */
  'slice-forgotten': ({ readBack }) => ({
    readBack: (record) => {
      const read = readBack(record);
      return { ...read, told: read.told.map((slice) => ({ ...slice, isLast: true })) };
    },
  }),
  /** An event overtakes a wide one of its organisation. */
  'wide-overtaken': ({ unitRules }) => ({ unitRules: { ...unitRules, waitsBehind: () => null } }),
  /** All events wait until a wide one is matched whole, whoever it belongs to. */
  'wide-holds-up-all': ({ unitRules }) => ({
    unitRules: { ...unitRules, waitsBehind: (_organizationId, waiting) => [...waiting.keys()][0] ?? null },
  }),
  /** After a transaction of unknown outcome the owner begins anew. */
  'matches-again': ({ unitRules }) => ({ unitRules: { ...unitRules, verdictOf: () => 'lost' } }),
  /** After a transaction of unknown outcome it is written again, whatever the ledger says. */
  'written-blindly': ({ unitRules }) => ({ unitRules: { ...unitRules, verdictOf: () => 'not-written' } }),
  /** A transaction of unknown outcome counts as written. */
  'taken-for-written': ({ unitRules }) => ({ unitRules: { ...unitRules, verdictOf: () => 'written' } }),
  /** A report has the time of its transaction. */
  'one-time': ({ reportsOf }) => ({
    reportsOf: (told, now) => reportsOf(told, now).map((report) => ({ ...report, madeAt: now })),
  }),
  /** Events are taken whatever the open ones hold. */
  unbounded: ({ holdings }) => ({ holdings: but(holdings, { hasRoom: true }) }),
  /** A unit reads on while what it has taken waits for the instance. */
  'reads-far-ahead': ({ unitRules }) => ({ unitRules: { ...unitRules, mayReadOn: () => true } }),
  /** A unit that waits for room does not hear that another one has made it. */
  'own-room-only': () => ({ sharesRoom: false }),
  /** A new owner matches an event again that was told. */
  'told-matched-again': ({ readBack }) => ({
    readBack: (record) => ({ ...readBack(record), told: [], ended: [] }),
  }),
  /** An instance goes on with its queue, whenever its group last heard of it. */
  zombie: () => ({ mayBegin: () => true }),
  /** What is fanned out is not reported to the audit. */
  unreported: () => ({ reportsOf: () => [] }),
  /** A report that Kafka refuses for good is tried again and again. */
  'report-for-ever': ({ unitRules }) => ({
    unitRules: { ...unitRules, afterRefusedReport: (report) => report },
  }),
  /** One queue for all endpoints. */
  'one-queue': ({ deliverRules }) => ({ deliverRules: { ...deliverRules, queueOf: () => 'all' } }),
  ...PACE_BREAKINGS,
  /** A new owner of a unit may begin at once as many attempts as a limit allows. */
  'full-bucket': () => ({ aloneSince: () => -Infinity }),
  /** Earlier rounds continue after a manual retry. */
  'no-superseding': () => ({ supersedes: () => false }),
  /** The mark of a round that somebody asked for drops this round too. */
  'own-mark-drops': () => ({
    supersedes: (rounds, { round, ...delivery }) =>
      rounds.supersedes({ ...delivery, round: Math.max(0, round - 1) }),
  }),
  /** A look is passed over without reading the endpoints. */
  'deaf-to-looks': () => ({ atLook: () => Promise.resolve() }),
  /** A new owner does not read the endpoints to their end. */
  'no-look-at-takeover': () => ({ atTakeover: () => Promise.resolve() }),
  /** A former owner of a unit is not fenced. */
  'no-fencing': () => ({ epochOf: (_own, newest) => newest }),
} satisfies Record<string, Breaking>;

/** Deliberate faults of dispatchers beside which others with two hops run. */
const UPGRADE_BREAKINGS = {
  /** An instance takes events and retries though instances with two hops are there. */
  'beside-the-former': () => ({ formersThere: () => 0 }),
  /** A unit writes with a transactional id that a fan-out does not open. */
  'id-of-its-own': () => ({ idOf: (unit) => `unit-${unit}` }),
  /** Positions and ids of the retries are not those of two hops. */
  'retries-of-its-own': () => ({ groupOfRetries: 'deliver' }),
  /** An instance with two hops is not fenced in the lanes. */
  'lanes-not-fenced': ({ lanes }, { kafka }) => ({
    lanes: but(lanes, {
      transact: (owned, writes, commit) =>
        lanes.transact(but(owned, { epoch: kafka.newestEpoch(owned.transactionalId) }), writes, commit),
    }),
  }),
  /** Who reads on begins behind all that was told, and not at the first open event. */
  'next-is-read-position': ({ written }) => ({
    written: (record, told) => {
      const { positions, ...others } = written(record, told);
      const next = told.reduce((most, { event }) => (event.offset < most ? most : event.offset + 1n), 0n);
      const { offset = 0n } = positions.get(Topics.events) ?? {};
      const events = { offset: next > offset ? next : offset, metadata: '' };
      return { ...others, positions: new Map([...positions, [Topics.events, events]]) };
    },
  }),
  /** An event that a fan-out has begun is matched from its first endpoint on. */
  'parts-of-the-former-forgotten': () => ({ readFormer: (record) => ({ ...record, begun: null }) }),
  /** What was told to an endpoint counts, though a fan-out has made its delivery since. */
  'made-by-the-former-forgotten': () => ({
    readFormer: ({ entries, next, begun }) => {
      if (next === null || begun === null) return { entries, next, begun };
      const slice = { offset: next, number: begun.parts - 1, madeAt: 0, isLast: false };
      return {
        writer: 'fan-out',
        sequence: 0,
        entries: entries.map(([entry, digest]) => ({ entry, digest: digest ?? 0 })),
        positions: new Map([[Topics.events, { offset: next, metadata: '' }]]),
        told: [{ ...slice, endpointIds: [begun.lastEndpointId] }],
        ended: [{ offset: next, endpointId: begun.lastEndpointId }],
      };
    },
  }),
  /** An instance that ends leaves what has not begun in place. */
  'leaves-open': () => ({ leavesNothingOpen: false }),
} satisfies Record<string, Breaking>;

/** Deliberate faults of the registry's relay. */
const RELAY_BREAKINGS = {
  /** No looks are written. */
  'no-look': { looks: 'never' },
  /** The rows of a pass are deleted before the looks are written. */
  'look-after-rows': { looks: 'after' },
} satisfies Record<string, RelayParts>;

export type UpgradeSabotage = keyof typeof UPGRADE_BREAKINGS;
export type OneHopSabotage = keyof typeof BREAKINGS | keyof typeof RELAY_BREAKINGS | UpgradeSabotage;
/** Those that are found where two releases run side by side. */
export const UPGRADE_SABOTAGES = Object.keys(UPGRADE_BREAKINGS) as UpgradeSabotage[];
/** Those that are found where one release runs. */
export const ONE_HOP_SABOTAGES = [
  ...Object.keys(BREAKINGS),
  ...Object.keys(RELAY_BREAKINGS),
] as OneHopSabotage[];

/** @returns the parts of a dispatcher, some of them replaced by a sabotage. */
export function sabotagedParts(
  sabotage: OneHopSabotage | null,
  parts: OneHopParts,
  world: OneHopSurroundings,
): OneHopParts {
  const breakings: Partial<Record<OneHopSabotage, Breaking>> = { ...BREAKINGS, ...UPGRADE_BREAKINGS };
  const breaking = sabotage === null ? undefined : breakings[sabotage];
  return breaking ? { ...parts, ...breaking(parts, world) } : parts;
}

/** @returns the parts of the relay, some of them replaced by a sabotage. */
export function sabotagedRelay(sabotage: OneHopSabotage | null): RelayParts {
  const relays = RELAY_BREAKINGS as Partial<Record<OneHopSabotage, RelayParts>>;
  return (sabotage === null ? undefined : relays[sabotage]) ?? { looks: 'before' };
}
