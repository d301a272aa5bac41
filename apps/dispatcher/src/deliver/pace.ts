/**
 * What an attempt says about its endpoint. `answered`: with an error, in time. `unreachable`: no connection could be made.
 * `none`: nothing was attempted.
 */
export type AttemptEffect = 'success' | 'answered' | 'timeout' | 'unreachable' | 'none';

/** How fast an endpoint takes deliveries, as its answers have shown. */
export interface Pace {
  /** Attempts it may have under way. */
  readonly places: number;
  /** How long its answers take, ms, the newer ones counting more; null when there was none. */
  readonly answerMs: number | null;
  /** It has not answered since its last attempt timed out. */
  readonly inTrouble: boolean;
}

/** Of an endpoint of which nothing is known. */
export const INITIAL_PACE: Pace = { places: 4, answerMs: null, inTrouble: false };

const NEWEST_COUNTS = 0.2;

/**
 * The pace after an attempt that took `tookMs`. Each success earns a place where places were short, so that they double
 * with every round; a timeout halves them. Who could not be reached begins with one place when it comes back, so that
 * what has piled up does not knock it over again.
 */
export function paceAfter(
  pace: Pace,
  effect: AttemptEffect,
  tookMs: number,
  placesWereShort: boolean,
  mostPlaces: number,
): Pace {
  if (effect === 'none') return pace;
  if (effect === 'unreachable') return { ...pace, places: 1 };
  if (effect === 'timeout')
    return { ...pace, places: Math.max(1, Math.floor(pace.places / 2)), inTrouble: true };
  const answerMs = pace.answerMs === null ? tookMs : pace.answerMs + (tookMs - pace.answerMs) * NEWEST_COUNTS;
  const places =
    effect === 'success' && placesWereShort ? Math.min(mostPlaces, pace.places + 1) : pace.places;
  return { places, answerMs, inTrouble: false };
}

/** An endpoint may have waiting in memory what it takes in this time. */
const SOON_MS = 5_000;
const UNKNOWN_COUNT = 500;
const LEAST_COUNT = 16;
const MOST_BYTES = 4 * 1_024 * 1_024;
const LEAST_BYTES = 256 * 1_024;

/** True when nothing says that the endpoint still answers. */
export function hangs(pace: Pace, hasSlowAttempts: boolean): boolean {
  return pace.inTrouble || (hasSlowAttempts && pace.answerMs === null);
}

/**
 * How much may wait in memory for an endpoint; little for one that hangs.
 * @param shareOfHanging how many deliveries each would have of what may wait for all that hang.
 */
export function queueBound(
  pace: Pace,
  hasSlowAttempts: boolean,
  shareOfHanging: number,
): { count: number; bytes: number } {
  if (hangs(pace, hasSlowAttempts)) {
    return { count: Math.max(1, Math.min(LEAST_COUNT, Math.floor(shareOfHanging))), bytes: LEAST_BYTES };
  }
  if (pace.answerMs === null) return { count: UNKNOWN_COUNT, bytes: MOST_BYTES };
  // What answers hang now may be slower than those that came; they are at least a second old.
  const answerMs = Math.max(pace.answerMs, hasSlowAttempts ? 1_000 : 1);
  const count = Math.max(LEAST_COUNT, Math.floor((SOON_MS / answerMs) * pace.places));
  return { count, bytes: MOST_BYTES };
}
