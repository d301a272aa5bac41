import { afterRefusal, type Refusable } from '@skillora/kafka';

import { type Outcome, reportedBy, type UnitLimits } from './unit-transaction.js';

interface Pending<W> {
  readonly outcome: Outcome<W>;
  readonly refusals: number;
}

/**
 * The outcomes of a unit that are not written yet, in the order in which they are written. A record has one outcome: while
 * it waits, others are dropped.
 *
 * If Kafka refuses a transaction for good, fewer are written together, so that the outcome which is the cause ends up alone.
 * Its alternatives are then tried in its place, and the others go on. This is what `TransactionalCommitter` does for a
 * partition.
 */
export class PendingOutcomes<W> {
  private pending: Pending<W>[] = [];
  /** The records whose outcome waits, by {@link recordOf}. */
  private readonly said = new Set<string>();
  /** How many may be written together. */
  private most = Infinity;

  get size(): number {
    return this.pending.length;
  }

  get all(): Outcome<W>[] {
    return this.pending.map(({ outcome }) => outcome);
  }

  /** The last of the events that reports will name because of these outcomes; -1 if there is none. */
  get lastOffset(): bigint {
    return this.pending.reduce((last, { outcome }) => {
      const offset = reportedBy(outcome) ?? -1n;
      return offset > last ? offset : last;
    }, -1n);
  }

  /** Adds an outcome. @returns false when there is one of that record. */
  add(outcome: Outcome<W>): boolean {
    const record = recordOf(outcome);
    if (this.said.has(record)) return false;
    this.said.add(record);
    this.pending.push({ outcome, refusals: 0 });
    return true;
  }

  /** The limits of the next transaction. */
  limits(limits: UnitLimits): UnitLimits {
    return { ...limits, outcomes: Math.min(limits.outcomes, this.most) };
  }

  /** These are written. */
  written(outcomes: readonly Outcome<W>[]): void {
    const written = new Set(outcomes);
    for (const outcome of outcomes) this.said.delete(recordOf(outcome));
    this.pending = this.pending.filter(({ outcome }) => !written.has(outcome));
    if (outcomes.length > 0) this.most *= 2;
  }

  /** Kafka has refused these for good, and none of them is written. */
  refused(outcomes: readonly Outcome<W>[], error: unknown): void {
    this.most = Math.max(1, Math.floor(outcomes.length / 2));
    if (outcomes.length !== 1) return;
    const at = this.pending.findIndex(({ outcome }) => outcome === outcomes[0]);
    const [only] = at < 0 ? [] : this.pending.splice(at, 1);
    // It waits again, behind the others.
    if (only) this.pending.push(refusedAlone(only, error));
  }
}

/** The outcome itself, or the alternative whose turn it is. */
function refusedAlone<W>({ outcome, refusals }: Pending<W>, error: unknown): Pending<W> {
  const tried: Refusable<W> = { records: outcome.writes, refusals, instead: outcome.instead };
  const next = afterRefusal(tried, error);
  return { outcome: { ...outcome, writes: next.records, instead: next.instead }, refusals: next.refusals };
}

function recordOf(outcome: Outcome<unknown>): string {
  switch (outcome.kind) {
    case 'ended':
      return `${outcome.event.offset}/${outcome.endpointId}`;
    case 'passed':
      return String(outcome.offset);
    case 'done':
      return `${outcome.topic}/${outcome.offset}`;
  }
}
