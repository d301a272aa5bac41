import type { Bucket } from '../api/types.js';

/** Columns of figures over time, as uPlot takes them: seconds since the epoch first. */
export type ChartData = readonly [number[], ...(number | null)[][]];

const seconds = (buckets: readonly Bucket[]): number[] =>
  buckets.map(({ start }) => Date.parse(start) / 1_000);

/** Attempts by outcome, each stacked on those below it; the topmost is drawn first, behind the others. */
export function outcomesOverTime(buckets: readonly Bucket[]): ChartData {
  return [
    seconds(buckets),
    buckets.map(({ success, retrying, failed }) => success + retrying + failed),
    buckets.map(({ success, retrying }) => success + retrying),
    buckets.map(({ success }) => success),
  ];
}

/** Two lines: the median and the 95th percentile of the durations, with gaps where there were no attempts. */
export function durationsOverTime(buckets: readonly Bucket[]): ChartData {
  return [
    seconds(buckets),
    buckets.map(({ duration_p50_ms }) => duration_p50_ms),
    buckets.map(({ duration_p95_ms }) => duration_p95_ms),
  ];
}
