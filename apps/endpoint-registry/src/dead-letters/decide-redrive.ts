import type { DeadLetter } from './dead-letter.js';

/** Why a dead letter is not written to the public topic again. */
export type LeftAlone =
  /** An event with this source and id was accepted since. */
  | 'accepted'
  /** The event that came first counts; a correction is an event with an id of its own. */
  | 'conflicting_data'
  /** The letter lacks parts of the record, which were too large for the topic. */
  | 'incomplete'
  /** The value is a whole batch that nobody can decompress, not the value of a record. */
  | 'unreadable'
  /** None of our services wrote it, so nobody knows what the record was. */
  | 'not_ours'
  /** The public topic does not take so large a record. */
  | 'too_large';

/** Reasons of refusals after which the record can never become an event. */
export const NEVER_REDRIVEN = ['conflicting_data', 'unreadable'] as const;

/**
 * Decides whether a dead letter is written to the public topic again.
 * @param isAccepted whether the audit has an event with its source and id.
 * @returns null if it is, otherwise why not.
 */
export function decideRedrive(
  { refusal }: Pick<DeadLetter, 'refusal'>,
  isAccepted: boolean,
): LeftAlone | null {
  if (refusal === null) return 'not_ours';
  const never = NEVER_REDRIVEN.find((reason) => reason === refusal.reason);
  if (never !== undefined) return never;
  if (refusal.leftOut !== null) return 'incomplete';
  return isAccepted ? 'accepted' : null;
}
