/**
 * What an attempt says about its endpoint. `answered`: it answered in time, with an error. `unreachable`: no
 * connection could be opened. `none`: the endpoint was not asked.
 */
export type AttemptEffect = 'success' | 'answered' | 'timeout' | 'unreachable' | 'none';

/** The concurrency limit of an endpoint, and how it answers. */
export interface ConcurrencyLimit {
  /** How many attempts the endpoint may have in progress. */
  readonly attempts: number;
  /** The average time to an answer, ms, with more weight on newer ones; null before the first answer. */
  readonly answerMs: number | null;
  /** It has not answered since its last attempt timed out. */
  readonly inTrouble: boolean;
}

/** The limit of an endpoint without history. */
export const INITIAL_LIMIT: ConcurrencyLimit = { attempts: 4, answerMs: null, inTrouble: false };

const NEWEST_COUNTS = 0.2;

/**
 * The limit after an attempt that took `tookMs`. While an endpoint has reached its limit, each success adds
 * one, so the number doubles each time all running attempts succeed. A timeout halves it. An endpoint that could not be
 * reached starts again with one slot, so that its backlog does not overload it at once.
 */
export function limitAfter(
  limit: ConcurrencyLimit,
  effect: AttemptEffect,
  tookMs: number,
  wasReached: boolean,
  mostAttempts: number,
): ConcurrencyLimit {
  if (effect === 'none') return limit;
  if (effect === 'unreachable') return { ...limit, attempts: 1 };
  if (effect === 'timeout')
    return { ...limit, attempts: Math.max(1, Math.floor(limit.attempts / 2)), inTrouble: true };
  const answerMs =
    limit.answerMs === null ? tookMs : limit.answerMs + (tookMs - limit.answerMs) * NEWEST_COUNTS;
  const attempts =
    effect === 'success' && wasReached ? Math.min(mostAttempts, limit.attempts + 1) : limit.attempts;
  return { attempts, answerMs, inTrouble: false };
}

/** An endpoint may have as many deliveries waiting in memory as it takes in this time. */
const SOON_MS = 5_000;
const UNKNOWN_COUNT = 500;
const LEAST_COUNT = 16;
const MOST_BYTES = 4 * 1_024 * 1_024;
const LEAST_BYTES = 256 * 1_024;

/** True when the endpoint is not known to answer at present. */
export function hangs(limit: ConcurrencyLimit, hasSlowAttempts: boolean): boolean {
  return limit.inTrouble || (hasSlowAttempts && limit.answerMs === null);
}

/**
 * How many deliveries may wait in memory for an endpoint; few for one that hangs.
 * @param shareOfHanging how many deliveries each hanging endpoint may keep, out of the number for all of
 * them.
 */
export function queueBound(
  limit: ConcurrencyLimit,
  hasSlowAttempts: boolean,
  shareOfHanging: number,
): { count: number; bytes: number } {
  if (hangs(limit, hasSlowAttempts)) {
    return { count: Math.max(1, Math.min(LEAST_COUNT, Math.floor(shareOfHanging))), bytes: LEAST_BYTES };
  }
  if (limit.answerMs === null) return { count: UNKNOWN_COUNT, bytes: MOST_BYTES };
  // Attempts that hang now may take longer than those that were answered; they are at least a second old.
  const answerMs = Math.max(limit.answerMs, hasSlowAttempts ? 1_000 : 1);
  const count = Math.max(LEAST_COUNT, Math.floor((SOON_MS / answerMs) * limit.attempts));
  return { count, bytes: hasSlowAttempts || answerMs >= 1_000 ? LEAST_BYTES : MOST_BYTES };
}
