import { type Delivery, type EventPlace, Topics } from '@skillora/contracts';
import {
  Circuits,
  DELIVER_RULES,
  type DeliverLimits,
  type DeliverPorts,
  type DeliverRules,
  type DeliveryOutcome,
  FAN_OUT_RULES,
  type FanOutMemory,
  type FanOutPorts,
  type FanOutRules,
  type ForwardedDelivery,
  DedupeWindow,
  longestProbeMs,
  type HeldLimits,
  RETRY_RULES,
  type RetryRules,
  SlowLane,
} from '@skillora/dispatcher/simulation-exports';
import type { OffsetWindow } from '@skillora/kafka';

import type { Life } from './life.js';
import type { ManualRounds } from './manual-rounds.js';
import type { ModelCommit, ModelRecord, ModelWrite } from './model-kafka.js';
import type { Group, OwnedPartition } from './owned-partition.js';
import { deliveryWrite, type LedgerRecord, RECORD_BYTES, writesOf } from './records.js';
import type { Surroundings } from './surroundings.js';

/** The parts of one dispatcher's transport. */
export interface TransportParts {
  /** Writes and commits, all or nothing. @throws {Fenced} when another owner has opened the partition. */
  transact(owned: OwnedPartition, writes: readonly ModelWrite[], commit: ModelCommit): Promise<void>;
  /** True when the partition must be paused. */
  isFull(window: OffsetWindow, group: Group): boolean;
  /** The records in the order in which they are processed. */
  inOrder(records: ModelRecord[]): ModelRecord[];
}

/** The parts of one dispatcher's fan-out. */
export interface FanOutParts {
  newDedupeWindow(): DedupeWindow;
  /** The content of a ledger record, as a new owner reads it. */
  readBack(record: LedgerRecord): LedgerRecord;
}

/** The ports of one dispatcher's engines, and their pure functions. A sabotage replaces some of them. */
export interface Parts extends TransportParts, FanOutParts {
  readonly endpoints: FanOutPorts<ModelRecord, FanOutMemory>['endpoints'];
  readonly fanOutRules: FanOutRules;
  readonly limits: DeliverLimits;
  /** What an organisation may hold back in a partition of a retry topic. */
  readonly heldLimits: HeldLimits;
  readonly deliverRules: DeliverRules;
  readonly retryRules: RetryRules;
  readonly circuits: DeliverPorts<unknown>['circuits'];
  readonly slowLane: DeliverPorts<unknown>['slowLane'] & Pick<SlowLane, 'lost'>;
  /** The record at a place on the log of events. */
  eventAt(place: EventPlace): ModelRecord | undefined;
  supersedes(delivery: Delivery): boolean;
  /** @param openedAt when the partition was taken over; null before. */
  aloneSince(partition: number, openedAt: number | null): number | null;
  /** The records of an outcome, written in the transaction that commits the delivery's record. */
  writesOf(owned: OwnedPartition, outcome: DeliveryOutcome): ModelWrite[];
  /** The same for a waiting delivery that had its turn. */
  forward(forwarded: ForwardedDelivery): ModelWrite[];
}

const PER_ENDPOINT = 4;
/** More than any scenario has: only in some of them, shares of the window bind. */
const WIDE = 10_000;
/** The maximum number of attempts of one organisation at one host, from one dispatcher. */
export const PER_HOST = 8;
const OVERALL = { crowded: 8, usual: 64 } as const;

/** The parts of a dispatcher without sabotage. */
export function soundParts(
  world: Surroundings,
  tables: {
    readonly endpoints: Parts['endpoints'];
    readonly rounds: ManualRounds;
    readonly slowLane: SlowLane;
  },
  instance: string,
): Parts {
  const { kafka, crowded, flooded, maxInFlight, retryWindow, schedules } = world;
  const window = flooded ? maxInFlight : WIDE;
  const { endpoints, rounds, slowLane } = tables;
  return {
    endpoints,
    slowLane,
    circuits: new Circuits(longestProbeMs(schedules.standard)),
    limits: {
      perEndpoint: PER_ENDPOINT,
      perHost: PER_HOST,
      overall: crowded ? OVERALL.crowded : OVERALL.usual,
      window: { records: window, bytes: window * RECORD_BYTES },
    },
    heldLimits: { records: retryWindow / 8, bytes: Infinity },
    fanOutRules: FAN_OUT_RULES,
    deliverRules: DELIVER_RULES,
    retryRules: RETRY_RULES,
    newDedupeWindow: () => new DedupeWindow(),
    readBack: (record) => record,
    eventAt: ({ partition, offset }) => kafka.read(Topics.events, partition, BigInt(offset), 1)[0],
    supersedes: (delivery) => rounds.supersedes(delivery),
    forward: (forwarded) => [deliveryWrite(forwarded, world)],
    aloneSince: (partition, openedAt) => (world.owns(instance, partition) ? openedAt : null),
    writesOf: ({ partition }, outcome) => writesOf(outcome, partition, world),
    isFull: (inWindow, group) =>
      inWindow.inFlight >= (group === 'retry' ? retryWindow : maxInFlight) || !inWindow.fits(),
    inOrder: (records) => records,
    transact: (owned, writes, commit) => {
      kafka.transact(owned, writes, commit);
      return Promise.resolve();
    },
  };
}

/** A sabotage. @returns the parts that it replaces. */
export type Breaking = (parts: Parts, world: Surroundings, life: Life) => Partial<Parts>;

/** A copy of an object in which some members are replaced. */
export function but<T extends object>(original: T, differently: Partial<T>): T {
  return new Proxy(original, {
    get: (_, name) => {
      if (name in differently) return Reflect.get(differently, name) as unknown;
      const value: unknown = Reflect.get(original, name);
      return typeof value === 'function' ? (value.bind(original) as unknown) : value;
    },
  });
}
