/**
 * The numbers of a delivery's attempts, in their order. The number of an attempt is the one that its request
 * carried in `X-Webhook-Attempt`; if that is not known, it is counted. Two requests carry the same number only
 * if an automatic attempt begins at the moment of a request for a retry. The second then gets the next number
 * here, so that each number names one attempt.
 * @param carried the number that each request carried, null if it is not known.
 * @param earlier how many attempts were before these.
 */
export function attemptNumbers(carried: readonly (number | null)[], earlier = 0): number[] {
  let last = earlier;
  return carried.map((number) => (last = Math.max(number ?? 0, last + 1)));
}

/** The attempts of a delivery, as known when its next round is requested. */
export interface CountedAttempts {
  readonly attemptCount: number;
  /** The greatest number that a request of it carried; null if none is known. */
  readonly lastNumber: number | null;
  /** When its next automatic attempt is due; null if there is none. */
  readonly nextRetryAt: Date | null;
}

/**
 * How many attempts count as made before the next round. An automatic attempt that is due may be running with
 * the next number, so that number is kept free for it.
 */
export function attemptsBeforeRound(
  { attemptCount, lastNumber, nextRetryAt }: CountedAttempts,
  now: Date,
): number {
  const mayBeUnderWay = nextRetryAt !== null && nextRetryAt <= now;
  return Math.max(attemptCount, lastNumber ?? 0) + (mayBeUnderWay ? 1 : 0);
}
