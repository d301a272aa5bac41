/** Writes one line. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

export const round = (value: number, digits = 0): string => value.toFixed(digits);

/** The value below which a share of the others lies; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
