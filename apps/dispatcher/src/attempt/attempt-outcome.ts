import { type Attempt, bodyBytes, type Delivery } from '@skillora/contracts';

/** What an attempt found out, without what its delivery says of it. */
export type AttemptOutcome = Omit<Attempt, 'startedAt' | 'requestBytes'>;

/** The attempt of a delivery, as its result reports it. */
export function attemptOf(delivery: Delivery, startedAt: Date, outcome: AttemptOutcome): Attempt {
  return { startedAt: startedAt.toISOString(), requestBytes: bodyBytes(delivery), ...outcome };
}

/** The outcome of an attempt that a fault in our code prevented. */
export const NOT_MADE: AttemptOutcome = {
  durationMs: 0,
  responseStatus: null,
  responseBody: null,
  error: 'internal',
  errorDetail: 'The webhook could not be sent. This is a fault of the sender, who has been told.',
};
/** The outcome of an attempt whose request could not be signed. */
export const NOT_SIGNED: AttemptOutcome = {
  ...NOT_MADE,
  errorDetail: 'The webhook could not be signed. This is a fault of the sender, who has been told.',
};
