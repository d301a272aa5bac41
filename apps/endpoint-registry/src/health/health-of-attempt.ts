import { type DeliveryErrorCode, type EventType, isNoticeType, TEST_EVENT_TYPE } from '@skillora/contracts';

/** What the health of an endpoint reads of an attempt. */
export interface CountedAttempt {
  readonly eventType: EventType;
  /** Ms since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** The status of its delivery after the attempt. */
  readonly outcome: 'success' | 'retrying' | 'failed';
  readonly responseStatus: number | null;
  readonly error: DeliveryErrorCode | null;
}

/** What an attempt says about its endpoint. `at`: when the attempt ended, ms since the epoch. */
export type HealthFact =
  | { readonly kind: 'success'; readonly at: number }
  /** A delivery ended as failed. `gone`: the endpoint answered 410. */
  | { readonly kind: 'failure'; readonly at: number; readonly gone: boolean };

const GONE = 410;

/**
 * What an attempt says about the health of its endpoint. Any success counts. An attempt after which the delivery ended
 * as failed counts, with three exceptions: a test send, a notice about another endpoint, and a fault of our own. So a
 * failing notice can never lead to another notice.
 * @returns null if the attempt says nothing.
 */
export function healthOfAttempt(attempt: CountedAttempt): HealthFact | null {
  const { eventType, outcome, error } = attempt;
  const at = attempt.startedAt + attempt.durationMs;
  if (outcome === 'success') return { kind: 'success', at };
  if (outcome === 'retrying' || error === 'internal') return null;
  if (eventType === TEST_EVENT_TYPE || isNoticeType(eventType)) return null;
  return { kind: 'failure', at, gone: attempt.responseStatus === GONE };
}
