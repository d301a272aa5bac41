import type { Delivery } from '@skillora/contracts';

import type { RetrySchedule } from '../retry/schedule.js';

/**
 * The number of an attempt among all attempts of its delivery, from 1. The record of a later round says how
 * many attempts were before the round. A record of a former release does not: then each earlier round counts
 * as if it had used its whole schedule.
 */
export function attemptNumber(
  { round, step, attemptsBefore }: Pick<Delivery, 'round' | 'step' | 'attemptsBefore'>,
  schedule: RetrySchedule,
): number {
  return (attemptsBefore ?? round * (schedule.length + 1)) + step;
}
