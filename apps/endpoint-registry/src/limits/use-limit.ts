/** How often an action is allowed. */
export interface UseLimit {
  /** The maximum number of uses in any period of that length. */
  readonly uses: number;
  /** ms */
  readonly withinMs: number;
}

/**
 * How long until one more use is allowed, ms; 0 when it is allowed now.
 * @param usedAt the recent uses, newest first; ms since the epoch, like all times here.
 */
export function waitForUse(usedAt: readonly number[], { uses, withinMs }: UseLimit, now: number): number {
  const oldestThatCounts = usedAt[uses - 1];
  return oldestThatCounts === undefined ? 0 : Math.max(0, oldestThatCounts + withinMs - now);
}

/** The uses to record after a use at `now`: no more than the limit counts. */
export function withUse(usedAt: readonly number[], { uses }: UseLimit, now: number): number[] {
  return [now, ...usedAt].slice(0, uses);
}
