import type { AuditedStatus } from '../projection/audited-status.js';

/** The facts that decide whether a delivery can be retried by hand. */
export interface RetryCandidate {
  readonly status: AuditedStatus;
  readonly endpointDeleted: boolean;
  /** An attempt that somebody asked for has not ended. */
  readonly underWay: boolean;
  /** How many rounds by hand it has had. */
  readonly rounds: number;
}

/**
 * How many rounds by hand a delivery can have: it is retried or sent again. All attempts of a round are stored and
 * shown.
 */
export const MAX_ROUNDS = 50;

/** The answer where {@link MAX_ROUNDS} is reached. */
export const NO_MORE_ROUNDS = `This delivery had ${MAX_ROUNDS} retries by hand. It can have no more.`;

/** The answer to a second retry while the first is in progress. */
export const RETRY_UNDER_WAY =
  'A retry of this delivery was asked for and has not ended. Ask again after its attempt.';

/** Why a delivery cannot be retried by hand in its present state, in one sentence; null when it can. */
export function retryProblem({ status, endpointDeleted, underWay, rounds }: RetryCandidate): string | null {
  if (status === 'success') {
    return 'Only a failed or retrying delivery can be retried; this one is success. Use resend/ to send it again.';
  }
  if (endpointDeleted) return 'The endpoint of this delivery is deleted, so nothing can be sent to it.';
  if (underWay) return RETRY_UNDER_WAY;
  if (status === 'pending') {
    return 'Only a failed or retrying delivery can be retried; this one is pending.';
  }
  if (status === 'filtered') {
    return 'Only a failed or retrying delivery can be retried; this one is filtered: the filter of the endpoint left the event out.';
  }
  return rounds >= MAX_ROUNDS ? NO_MORE_ROUNDS : null;
}
