/** What tells an event from all others and says when it was published, so that nobody has to remember it. */
export interface Mark {
  /** From 0, in the order of publishing. */
  readonly number: number;
  /** Ms since the epoch. */
  readonly publishedAt: number;
}

/** The mark of an event of the run `run`, which is of letters and digits. */
export function writeMark(run: string, { number, publishedAt }: Mark): string {
  return `load-${run}-${number}-${publishedAt.toFixed(2)}`;
}

/** @returns null when it is no event of the run. */
export function readMark(run: string, text: string): Mark | null {
  const [kind, of, number, publishedAt] = text.split('-');
  if (kind !== 'load' || of !== run) return null;
  return { number: Number(number), publishedAt: Number(publishedAt) };
}
