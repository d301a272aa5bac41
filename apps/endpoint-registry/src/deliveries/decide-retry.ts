import type { DeliveryStatus } from '@skillora/contracts';

/** What decides whether a delivery can be retried by hand. */
export interface RetryCandidate {
  readonly status: DeliveryStatus;
  readonly endpointDeleted: boolean;
  /** An attempt that was asked for has not ended. */
  readonly underWay: boolean;
  /** How many retries by hand it has had. */
  readonly rounds: number;
}

/** So many retries by hand a delivery can have: each is a round of attempts, which are all kept and shown. */
export const MAX_ROUNDS = 50;

/** What a person hears who asks for a retry while one is under way. */
export const RETRY_UNDER_WAY =
  'A retry of this delivery was asked for and has not ended. Ask again after its attempt.';

/** Why a delivery cannot be retried by hand as it stands, in one sentence; null when it can. */
export function retryProblem({ status, endpointDeleted, underWay, rounds }: RetryCandidate): string | null {
  if (status === 'success') {
    return 'Only a failed or retrying delivery can be retried; this one is success.';
  }
  if (endpointDeleted) return 'The endpoint of this delivery is deleted, so nothing can be sent to it.';
  if (underWay) return RETRY_UNDER_WAY;
  if (status === 'pending') {
    return 'Only a failed or retrying delivery can be retried; this one is pending.';
  }
  if (rounds >= MAX_ROUNDS) return `This delivery had ${MAX_ROUNDS} retries by hand. It can have no more.`;
  return null;
}
