/** How often something may be done. */
export interface UseLimit {
  /** So often in any stretch of time of that length, and never more. */
  readonly uses: number;
  /** ms */
  readonly withinMs: number;
}

/**
 * How long until one more use is allowed, ms; 0 when it is now.
 * @param usedAt when it was used of late, the newest first; ms since the epoch, as all times here.
 */
export function waitForUse(usedAt: readonly number[], { uses, withinMs }: UseLimit, now: number): number {
  const oldestThatCounts = usedAt[uses - 1];
  return oldestThatCounts === undefined ? 0 : Math.max(0, oldestThatCounts + withinMs - now);
}

/** What is to be remembered after a use at `now`: no more than the limit counts. */
export function withUse(usedAt: readonly number[], { uses }: UseLimit, now: number): number[] {
  return [now, ...usedAt].slice(0, uses);
}
