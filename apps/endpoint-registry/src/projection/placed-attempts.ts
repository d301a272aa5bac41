import type { DeliveryRow } from './delivery-rows.js';
import type { AttemptMade } from './facts.js';

/** Where the attempts of a delivery are written. */
export interface PlacedAttempts {
  /** Into the row of the delivery. */
  readonly toHold: AttemptMade | null;
  /** Into the table of attempts, which may have some of them already. */
  readonly others: readonly AttemptMade[];
}

/**
 * Decides where attempts are written that were read together. With `holding`, the row of a delivery holds the
 * attempt with which its count becomes 1, if it succeeded: after a failure the row changes again and again, and would be
 * rewritten with what it holds. It may hold one in any case. Of several with the same round and step the first one counts.
 */
export function placed(
  attempts: readonly AttemptMade[],
  { attemptCount, held }: Pick<DeliveryRow, 'attemptCount' | 'held'>,
  holding: boolean,
): PlacedAttempts {
  const news = attempts.filter(
    ({ round, step }, index) =>
      !(held?.round === round && held.step === step) &&
      attempts.findIndex((each) => each.round === round && each.step === step) === index,
  );
  const [first, ...others] = news;
  const mayHold = holding && attemptCount === 0 && held === null;
  return mayHold && first?.outcome === 'success' ? { toHold: first, others } : { toHold: null, others: news };
}
