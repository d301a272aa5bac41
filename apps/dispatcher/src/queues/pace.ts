/**
 * What an attempt says about its endpoint. `answered`: it answered in time, with an error. `unreachable`: no
 * connection could be opened. `none`: nothing was attempted.
 */
export type AttemptEffect = 'success' | 'answered' | 'timeout' | 'unreachable' | 'none';

/** How fast an endpoint takes deliveries, judged by its answers. */
export interface Pace {
  /** How many attempts it may have in progress. */
  readonly places: number;
  /** The average duration of its attempts, ms, with more weight on newer ones; null when there was none. */
  readonly answerMs: number | null;
  /** It has not answered since its last attempt timed out. */
  readonly inTrouble: boolean;
}

/** The pace of an endpoint without history. */
export const INITIAL_PACE: Pace = { places: 4, answerMs: null, inTrouble: false };

const NEWEST_COUNTS = 0.2;

/**
 * The pace after an attempt that took `tookMs`. While an endpoint uses all of its slots, each success adds
 * one, so the number doubles with every round of attempts. A timeout halves it. An endpoint that could not be
 * reached starts again with one slot, so that its backlog does not overload it at once.
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

/** An endpoint may have as many deliveries waiting in memory as it takes in this time. */
const SOON_MS = 5_000;
const UNKNOWN_COUNT = 500;
const LEAST_COUNT = 16;
const MOST_BYTES = 4 * 1_024 * 1_024;
const LEAST_BYTES = 256 * 1_024;

/** True when the endpoint is not known to answer at present. */
export function hangs(pace: Pace, hasSlowAttempts: boolean): boolean {
  return pace.inTrouble || (hasSlowAttempts && pace.answerMs === null);
}

/**
 * How many deliveries may wait in memory for an endpoint; few for one that hangs.
 * @param shareOfHanging how many deliveries each hanging endpoint may keep, out of the number for all of
 * them.
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
  // Attempts that hang now may take longer than those that were answered; they are at least a second old.
  const answerMs = Math.max(pace.answerMs, hasSlowAttempts ? 1_000 : 1);
  const count = Math.max(LEAST_COUNT, Math.floor((SOON_MS / answerMs) * pace.places));
  return { count, bytes: hasSlowAttempts || answerMs >= 1_000 ? LEAST_BYTES : MOST_BYTES };
}
