/** How often Kafka may refuse an outcome for good, while it is tried alone, before its next alternative is tried. */
const MAX_REFUSALS = 5;

/** What to write in place of records that Kafka refuses for good: alternatives, to be tried in order. */
export type Instead<W> = (error: unknown) => readonly W[];

/** What is written for a record. `W` is a record to write. */
export interface Refusable<W> {
  readonly records: readonly W[];
  /** How often Kafka refused it for good while it was tried alone. */
  readonly refusals: number;
  readonly instead?: Instead<W> | undefined;
}

/** What is tried after Kafka has refused an outcome for good: the same once more, or the alternative whose turn it is. */
export function afterRefusal<W, T extends Refusable<W>>(tried: T & Refusable<W>, error: unknown): T {
  const refusals = tried.refusals + 1;
  if (refusals < MAX_REFUSALS || !tried.instead) return { ...tried, refusals };
  const [next, ...others] = tried.instead(error);
  if (next === undefined) return { ...tried, refusals };
  return { ...tried, records: [next], refusals: MAX_REFUSALS - 1, instead: () => others };
}
