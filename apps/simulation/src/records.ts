import type { Delivery } from '@skillora/contracts';
import type { FanOutProgress } from '@skillora/dispatcher/decision-core';

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
