import type { Delivery } from '@skillora/contracts';
import {
  Circuits,
  DELIVER_RULES,
  type DeliverPorts,
  type DeliverRules,
  type DeliveryOutcome,
  FAN_OUT_RULES,
  type FanOutMemory,
  type FanOutPorts,
  type FanOutRules,
  Ledger,
  longestProbeMs,
  type QueueLimits,
  RETRY_RULES,
  type RetryRules,
  SlowLane,
} from '@skillora/dispatcher/decision-core';
import type { OffsetWindow } from '@skillora/kafka';

import type { Life } from './life.js';
import type { ManualRounds } from './manual-rounds.js';
import type { ModelCommit, ModelRecord, ModelWrite } from './model-kafka.js';
import type { OwnedPartition } from './owned-partition.js';
import { type LedgerRecord, writesOf } from './records.js';
import type { Surroundings } from './surroundings.js';

/** What the transport of one dispatcher acts on. */
export interface TransportParts {
  /** Writes and commits all or nothing. @throws {Fenced} when the partition is another's. */
  transact(owned: OwnedPartition, writes: readonly ModelWrite[], commit: ModelCommit): Promise<void>;
  /** True when no more of a partition is to be read. */
  isFull(window: OffsetWindow): boolean;
  /** The records of a partition in the order in which they are handed over. */
  inOrder(records: ModelRecord[]): ModelRecord[];
}

/** What the fan-out of one dispatcher acts on. */
export interface FanOutParts {
  newLedger(): Ledger;
  /** What a new owner makes of a record of the ledger. */
  readBack(record: LedgerRecord): LedgerRecord;
}

/** The ports of one dispatcher's engines, and the pure functions they are given: what a sabotage breaks. */
export interface Parts extends TransportParts, FanOutParts {
  readonly endpoints: FanOutPorts<ModelRecord, FanOutMemory>['endpoints'];
  readonly fanOutRules: FanOutRules;
  readonly limits: QueueLimits;
  readonly deliverRules: DeliverRules;
  readonly retryRules: RetryRules;
  readonly circuits: DeliverPorts<unknown>['circuits'];
  readonly slowLane: DeliverPorts<unknown>['slowLane'] & Pick<SlowLane, 'lost'>;
  supersedes(delivery: Delivery): boolean;
  /** What is written with the word that a delivery's record is done. */
  writesOf(owned: OwnedPartition, outcome: DeliveryOutcome): ModelWrite[];
}

const PER_ENDPOINT = 4;
/** Attempts of one organisation under way at one host, at most, from one dispatcher. */
export const PER_HOST = 8;
const OVERALL = { crowded: 8, usual: 64 } as const;

/** What the engines of a dispatcher are given when nothing is broken. */
export function soundParts(
  world: Surroundings,
  tables: {
    readonly endpoints: Parts['endpoints'];
    readonly rounds: ManualRounds;
    readonly slowLane: SlowLane;
  },
): Parts {
  const { kafka, crowded, maxInFlight, schedule } = world;
  const { endpoints, rounds, slowLane } = tables;
  return {
    endpoints,
    slowLane,
    circuits: new Circuits(longestProbeMs(schedule)),
    limits: {
      perEndpoint: PER_ENDPOINT,
      perHost: PER_HOST,
      overall: crowded ? OVERALL.crowded : OVERALL.usual,
    },
    fanOutRules: FAN_OUT_RULES,
    deliverRules: DELIVER_RULES,
    retryRules: RETRY_RULES,
    newLedger: () => new Ledger(),
    readBack: (record) => record,
    supersedes: (delivery) => rounds.supersedes(delivery),
    writesOf: ({ partition }, outcome) => writesOf(outcome, partition, world),
    isFull: (window) => window.inFlight >= maxInFlight || !window.fits(),
    inOrder: (records) => records,
    transact: (owned, writes, commit) => {
      kafka.transact(owned, writes, commit);
      return Promise.resolve();
    },
  };
}

/** Breaks parts. @returns those it puts in the place of others. */
export type Breaking = (parts: Parts, world: Surroundings, life: Life) => Partial<Parts>;

/** An object that does as another does, but for what is named. */
export function but<T extends object>(original: T, differently: Partial<T>): T {
  return new Proxy(original, {
    get: (_, name) => {
      if (name in differently) return Reflect.get(differently, name) as unknown;
      const value: unknown = Reflect.get(original, name);
      return typeof value === 'function' ? (value.bind(original) as unknown) : value;
    },
  });
}
