import type { Delivery } from '@skillora/contracts';
import {
  DELIVER_RULES,
  type DeliverRules,
  type HoldingLimits,
  Holdings,
  mayBegin,
  type ToldSlice,
  UNIT_LIMITS,
  UNIT_RULES,
  type UnitLimits,
  type UnitPorts,
  type UnitRecord,
  type UnitRules,
} from '@skillora/dispatcher/simulation-exports';

import type { EndpointView } from '../endpoint-view.js';
import type { ModelRecord, ModelWrite } from '../model-kafka.js';

/** A report of one slice of an event, as the audit reads it. */
export interface SliceReport {
  readonly eventId: string;
  readonly madeAt: number;
  readonly deliveries: readonly Pick<Delivery, 'deliveryId' | 'endpointId'>[];
}

/** The settings that a scenario chooses. */
export interface OneHopSettings {
  /** How many deliveries of one event may be in memory. */
  readonly slice: number;
  readonly outcomesInTransaction: number;
  readonly holdings: HoldingLimits;
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

/** The parts of a dispatcher without sabotage. @param deliveryId the id of an event's delivery to an endpoint. */
export function soundParts(
  settings: OneHopSettings,
  deliveryId: (eventId: string, endpointId: string) => string,
): OneHopParts {
  return {
    unitRules: UNIT_RULES,
    deliverRules: DELIVER_RULES,
    limits: { ...UNIT_LIMITS, outcomes: settings.outcomesInTransaction },
    slice: settings.slice,
    holdings: new Holdings(settings.holdings),
    atLook: (endpoints) => endpoints.caughtUp(),
    atTakeover: (endpoints) => endpoints.caughtUp(),
    reportsOf: (told) =>
      told.map(({ event: { event }, slice: { madeAt, endpointIds } }) => ({
        eventId: event.id,
        madeAt,
        deliveries: endpointIds.map((endpointId) => ({
          endpointId,
          deliveryId: deliveryId(event.id, endpointId),
        })),
      })),
    written: (record) => record,
    readBack: (record) => record,
    mayBegin,
    sharesRoom: true,
    epochOf: (own) => own,
  };
}
