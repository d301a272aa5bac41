/**
 * How many deliveries of a recovery may have their first attempt before them. The endpoint's answers so set the pace,
 * and what waits at the dispatchers stays little.
 */
export const MOST_IN_PROGRESS = 100;
/** How much lost time is made up for, ms. */
const MADE_UP_MS = 250;

/** Times are ms since the epoch. */
export interface PaceState {
  /** Deliveries a second at most; null for as many as the endpoint answers. */
  readonly rate: number | null;
  /** Until when the rate is used up; null when nothing was sent. */
  readonly pacedUntil: number | null;
}

/**
 * How many deliveries may be sent now. In any second there are at most a quarter more than the rate, and one.
 * @param inProgress how many were sent and have not had their first attempt.
 */
export function dueNow({ rate, pacedUntil }: PaceState, inProgress: number, now: number): number {
  const room = Math.max(0, MOST_IN_PROGRESS - inProgress);
  if (rate === null) return room;
  if (pacedUntil === null) return Math.min(room, 1);
  const credit = Math.min(now - pacedUntil, creditMs(rate));
  return Math.min(room, Math.max(0, Math.floor((credit * rate) / 1_000)));
}

/** Until when the rate is used up after `count` deliveries that {@link dueNow} allowed; null without a rate. */
export function pacedAfter({ rate, pacedUntil }: PaceState, count: number, now: number): number | null {
  if (rate === null || count === 0) return pacedUntil;
  if (pacedUntil === null) return now;
  return Math.ceil(Math.max(pacedUntil, now - creditMs(rate)) + (count * 1_000) / rate);
}

/** How long until the next delivery is due, ms; 0 without a rate. */
export function untilDue({ rate, pacedUntil }: PaceState, now: number): number {
  if (rate === null || pacedUntil === null) return 0;
  return Math.max(0, Math.ceil(pacedUntil + 1_000 / rate - now));
}

/** Room for one delivery is always in it, so that a low rate is reached too. */
function creditMs(rate: number): number {
  return MADE_UP_MS + 1_000 / rate;
}
