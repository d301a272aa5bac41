/** A span of time, ms since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The longest time within a span in which nothing happened, ms, from its beginning on: what happens without a pause has
 * one as long as its own rhythm. Times in any order.
 */
export function longestPause(times: Iterable<number>, { from, to }: Span): number {
  const within = [...times].filter((at) => at >= from && at <= to).sort((a, b) => a - b);
  let longest = 0;
  let last = from;
  for (const at of [...within, to]) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return Math.round(longest);
}
