/** Identifies an event and holds the time of its publication, so that nobody has to remember it. */
export interface Mark {
  /** From 0, in the order of publishing. */
  readonly number: number;
  /** Ms since the epoch. */
  readonly publishedAt: number;
}

/** The mark of an event of the run `run`; the run's name has only letters and digits. */
export function writeMark(run: string, { number, publishedAt }: Mark): string {
  return `load-${run}-${number}-${publishedAt.toFixed(2)}`;
}

/** @returns null when the text is not a mark of the run. */
export function readMark(run: string, text: string): Mark | null {
  const [kind, of, number, publishedAt] = text.split('-');
  if (kind !== 'load' || of !== run) return null;
  return { number: Number(number), publishedAt: Number(publishedAt) };
}
