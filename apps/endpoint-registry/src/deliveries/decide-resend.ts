import type { AuditedStatus } from '../projection/audited-status.js';
import { MAX_ROUNDS, NO_MORE_ROUNDS, RETRY_UNDER_WAY, type RetryCandidate } from './decide-retry.js';

/** The facts that decide whether a delivery can be sent again. */
export interface ResendCandidate extends RetryCandidate {
  readonly endpointActive: boolean;
}

const NOT_ENDED = 'It can be sent again when it has ended.';

/**
 * Why a delivery cannot be sent again in its present state, in one sentence or two; null when it can. Unlike a retry, it
 * is refused for an inactive endpoint: the status of a delivery that has succeeded would not show that nothing was sent.
 */
export function resendProblem(candidate: ResendCandidate): string | null {
  const { status, endpointActive, underWay, rounds } = candidate;
  if (candidate.endpointDeleted)
    return 'The endpoint of this delivery is deleted, so nothing can be sent to it.';
  if (underWay) return RETRY_UNDER_WAY;
  if (status === 'pending' || status === 'retrying') {
    return `This delivery is still on its way: it is ${status}. ${NOT_ENDED}`;
  }
  if (status === 'filtered') {
    return 'Nothing was sent for this delivery: the filter of the endpoint left the event out. Change the filter, and send the event again.';
  }
  if (!endpointActive) return INACTIVE;
  return rounds >= MAX_ROUNDS ? NO_MORE_ROUNDS : null;
}

const INACTIVE = 'The endpoint is inactive, so nothing would be sent. Activate it first.';

/** Whether an endpoint wants an event now, by its subscription and its filter. */
export type Wish = 'wanted' | 'not_subscribed' | 'left_out' | 'about_itself';

/** An endpoint that may get an event again, or for the first time. */
export interface EventCandidate extends Omit<ResendCandidate, 'status' | 'endpointDeleted'> {
  /** Null when the audit shows no delivery of the event to the endpoint. */
  readonly status: AuditedStatus | null;
  readonly wish: Wish;
  /** The request names the endpoint. */
  readonly isNamed: boolean;
  /** The fan-out made a delivery of the event to the endpoint; if there is none, the audit will show it soon. */
  readonly isMade: boolean;
}

const UNWANTED: Readonly<Record<Exclude<Wish, 'wanted'>, string>> = {
  not_subscribed: 'The endpoint is not subscribed to the type of this event.',
  left_out: 'The filter of the endpoint leaves this event out.',
  about_itself: 'An endpoint never gets a notice about itself.',
};

/**
 * Why an event cannot be sent to an endpoint, in one sentence or two; null when it can. Only an
 * endpoint that is named gets what it does not want now, and only if a delivery of it has ended. All others must want the
 * event. So must an endpoint to which nothing was sent.
 */
export function eventResendProblem(given: EventCandidate): string | null {
  const { wish, isNamed, isMade, ...candidate } = given;
  const { status, endpointActive, underWay, rounds } = candidate;
  if (!isNamed && wish !== 'wanted') return UNWANTED[wish];
  if (status !== null && status !== 'filtered') {
    return resendProblem({ ...candidate, status, endpointDeleted: false });
  }
  if (underWay) return RETRY_UNDER_WAY;
  if (wish !== 'wanted') return UNWANTED[wish];
  if (status === null && isMade) return `This delivery is still on its way: it is pending. ${NOT_ENDED}`;
  if (!endpointActive) return INACTIVE;
  return rounds >= MAX_ROUNDS ? NO_MORE_ROUNDS : null;
}
