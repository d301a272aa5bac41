import { type Delivery, Topics } from '@skillora/contracts';
import {
  decodeEntries,
  type DeliveryOutcome,
  type FanOutProgress,
  type ForwardedDelivery,
  type LedgerBytes,
  type Place,
} from '@skillora/dispatcher/simulation-exports';

import type { ModelWrite } from './model-kafka.js';
import type { Surroundings } from './surroundings.js';

/** The size of a record in memory. */
export const RECORD_BYTES = 1_000;

/** A delivery in the slow lane, and when it was last sent to the end of the lane. */
export interface SlowRecord {
  readonly delivery: Delivery;
  readonly requeuedAt: number | null;
  readonly place: Place;
}

/** The value of a record of the events that is a look. */
export const LOOK = 'look';

/** The ledger record of a transaction of the fan-out. */
export interface LedgerRecord {
  readonly entries: readonly string[];
  readonly progress: FanOutProgress | null;
  /** Where the next owner reads on; null when the record does not say it. */
  readonly next: bigint | null;
}

/** A record of the ledger as the fan-out reads it: of one from the release after, the part that it knows. */
export function ledgerRecordOf(value: unknown): LedgerRecord {
  if (!isOfUnit(value)) return value as LedgerRecord;
  const next = value.headers['next-offset'];
  return {
    entries: decodeEntries(value.value),
    progress: null,
    next: typeof next === 'string' ? BigInt(next) : null,
  };
}

/** Whether a record of the ledger was written by an instance that delivers from the log of events. */
export function isOfUnit(value: unknown): value is LedgerBytes {
  return typeof value === 'object' && value !== null && 'headers' in value;
}

/** The permanent name of an attempt. */
export function attemptName({
  deliveryId,
  round,
  step,
}: Pick<Delivery, 'deliveryId' | 'round' | 'step'>): string {
  return `${deliveryId}/${round}/${step}`;
}

/** The record of a delivery in a topic. */
export function deliveryWrite(
  { topic, delivery }: ForwardedDelivery,
  world: Pick<Surroundings, 'shareOf'>,
): ModelWrite {
  return { topic, partition: world.shareOf(delivery.endpointId), value: delivery };
}

/**
 * The records of an outcome, written in the transaction that commits the delivery's record.
 * @param partition the partition of that record.
 */
export function writesOf(
  outcome: DeliveryOutcome,
  partition: number,
  world: Pick<Surroundings, 'shareOf'>,
): ModelWrite[] {
  switch (outcome.kind) {
    case 'superseded':
      return [];
    case 'to-slow-lane': {
      const { delivery, requeuedAt, place } = outcome;
      const value: SlowRecord = { delivery, requeuedAt, place };
      return [{ topic: Topics.slowDeliveries, partition, value }];
    }
    case 'ended': {
      const { next, result } = outcome;
      const at = world.shareOf(result.deliveryId);
      const report = { topic: Topics.deliveryResults, partition: at, value: result };
      return next ? [deliveryWrite(next, world), report] : [report];
    }
  }
}
