import { type Delivery, Topics } from '@skillora/contracts';
import type { DeliveryOutcome, FanOutProgress, ForwardedDelivery } from '@skillora/dispatcher/decision-core';

import type { ModelWrite } from './model-kafka.js';
import type { Surroundings } from './surroundings.js';

/** A delivery in the slow lane, and since when it goes round there. */
export interface SlowRecord {
  readonly delivery: Delivery;
  readonly goesRoundSince: number | null;
  readonly mark: string;
}

/** What a transaction of the fan-out says in the ledger. */
export interface LedgerRecord {
  readonly entries: readonly string[];
  readonly progress: FanOutProgress | null;
}

/** The name of an attempt for ever. */
export function attemptName({
  deliveryId,
  round,
  step,
}: Pick<Delivery, 'deliveryId' | 'round' | 'step'>): string {
  return `${deliveryId}/${round}/${step}`;
}

/** A delivery that is written to a topic of deliveries. */
export function deliveryWrite(
  { topic, delivery }: ForwardedDelivery,
  world: Pick<Surroundings, 'shareOf'>,
): ModelWrite {
  return { topic, partition: world.shareOf(delivery.endpointId), value: delivery };
}

/** What is written with the word that the record of a delivery is done. @param partition where that record is. */
export function writesOf(
  outcome: DeliveryOutcome,
  partition: number,
  world: Pick<Surroundings, 'shareOf'>,
): ModelWrite[] {
  switch (outcome.kind) {
    case 'superseded':
      return [];
    case 'to-slow-lane': {
      const { delivery, goesRoundSince, mark } = outcome;
      const value: SlowRecord = { delivery, goesRoundSince, mark };
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
