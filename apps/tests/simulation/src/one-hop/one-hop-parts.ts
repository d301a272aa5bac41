import { type Delivery, Topics } from '@skillora/contracts';
import {
  deliveriesTo,
  DELIVER_RULES,
  type DeliverRules,
  type FanOutRecord,
  type HoldingLimits,
  Holdings,
  type LedgerRecord,
  mayBegin,
  type ReportForm,
  reportFormOf,
  type ToldSlice,
  UNIT_LIMITS,
  UNIT_RULES,
  type UnitLimits,
  type UnitPorts,
  type UnitRecord,
  type UnitRules,
} from '@skillora/dispatcher/simulation-exports';

import type { EndpointView } from '../endpoint-view.js';
import type { ManualRounds } from '../manual-rounds.js';
import type { ModelRecord, ModelWrite } from '../model-kafka.js';
import { type Group, shareName } from '../owned-partition.js';
import type { TransportParts } from '../parts.js';
import type { OneHopSurroundings } from './one-hop-surroundings.js';

/** A report of one slice of an event, as the audit reads it. */
export interface SliceReport {
  readonly eventId: string;
  readonly madeAt: number;
  readonly deliveries: readonly Delivery[];
}

/** The settings that a scenario chooses. */
export interface OneHopSettings {
  /** How many deliveries of one event may be in memory. */
  readonly slice: number;
  readonly outcomesInTransaction: number;
  /** How many attempts may be in progress at once. */
  readonly overall: number;
  readonly holdings: HoldingLimits;
  /** Instances with two hops may run beside these, or come back. */
  readonly besideFormer: boolean;
}

/** The ports of one dispatcher's engines, and their pure functions. A sabotage replaces some of them. */
export interface OneHopParts {
  readonly unitRules: UnitRules;
  readonly deliverRules: DeliverRules;
  readonly limits: UnitLimits;
  readonly slice: number;
  readonly holdings: UnitPorts<ModelRecord, ModelWrite>['holdings'];
  /** What is asked at a look, and what at a takeover. */
  readonly atLook: (endpoints: EndpointView) => Promise<void>;
  readonly atTakeover: (endpoints: EndpointView) => Promise<void>;
  /** The reports of a transaction. */
  readonly reportsOf: (told: readonly ToldSlice[], now: number) => SliceReport[];
  /** A ledger record as it is written, and as a new owner reads it. */
  readonly written: (record: UnitRecord, told: readonly ToldSlice[]) => UnitRecord;
  readonly readBack: (record: UnitRecord) => UnitRecord;
  /** A ledger record of a fan-out, as a new owner reads it. */
  readonly readFormer: (record: FanOutRecord) => LedgerRecord;
  /** The transactional id of a unit's events. */
  readonly idOf: (unit: number) => string;
  /** The group that has the positions of the retries, and whose ids write what becomes of them. */
  readonly groupOfRetries: Group;
  /** How a lane's or a retry topic's records are read and completed, if instances with two hops may do so too. */
  readonly lanes: TransportParts;
  /** How many instances with two hops are members of its groups. */
  readonly formersThere: () => number;
  /** Whether an instance that ends moves what it has not ended to the slow lane. */
  readonly leavesNothingOpen: boolean;
  /** Whether a later round of a delivery has been asked for. */
  readonly supersedes: (rounds: ManualRounds, delivery: Delivery) => boolean;
  /** Since when an owner alone makes the attempts of a unit. @param openedAt when it was taken over. */
  readonly aloneSince: (openedAt: number | null) => number | null;
  readonly mayBegin: typeof mayBegin;
  /** Whether a unit reads on when another one of the instance has made room. */
  readonly sharesRoom: boolean;
  /** The epoch with which an owner writes. */
  readonly epochOf: (own: number, newest: number) => number;
}

/** The parts of the registry's relay. */
export interface RelayParts {
  /** When the looks are written: before the rows are deleted, after it, or never. */
  readonly looks: 'before' | 'after' | 'never';
}

/** The whole report of a slice. */
export function sliceReportOf({ event: { event }, slice: { madeAt, endpointIds } }: ToldSlice): SliceReport {
  const endpoints = endpointIds.map((id) => ({ id, version: 0 }));
  return { eventId: event.id, madeAt, deliveries: deliveriesTo(event, endpoints, new Date(madeAt)) };
}

function inForm(report: SliceReport, form: ReportForm): SliceReport[] {
  if (form === 'left-out') return [];
  return form === 'whole' ? [report] : report.deliveries.map((each) => ({ ...report, deliveries: [each] }));
}

/** The parts of a dispatcher without sabotage. */
export function soundParts(world: OneHopSurroundings): OneHopParts {
  const { settings, kafka, maxInFlight } = world;
  return {
    unitRules: UNIT_RULES,
    deliverRules: DELIVER_RULES,
    limits: { ...UNIT_LIMITS, outcomes: settings.outcomesInTransaction },
    slice: settings.slice,
    holdings: new Holdings(settings.holdings),
    atLook: (endpoints) => endpoints.caughtUp(),
    atTakeover: (endpoints) => endpoints.caughtUp(),
    reportsOf: (told) => told.flatMap((each) => inForm(sliceReportOf(each), reportFormOf(each.slice))),
    written: (record) => record,
    readBack: (record) => record,
    readFormer: (record) => record,
    // A fan-out opens the same id, so each fences the other.
    idOf: (partition) =>
      settings.besideFormer
        ? shareName({ group: 'fan-out', topic: Topics.events, partition })
        : `unit-${partition}`,
    groupOfRetries: 'retry',
    lanes: {
      isFull: (window) => window.inFlight >= maxInFlight || !window.fits(),
      inOrder: (records) => records,
      transact: (owned, writes, commit) => {
        kafka.transact(owned, writes, commit);
        return Promise.resolve();
      },
    },
    formersThere: () => world.formersThere(),
    leavesNothingOpen: settings.besideFormer,
    supersedes: (rounds, delivery) => rounds.supersedes(delivery),
    aloneSince: (openedAt) => openedAt,
    mayBegin,
    sharesRoom: true,
    epochOf: (own) => own,
  };
}
