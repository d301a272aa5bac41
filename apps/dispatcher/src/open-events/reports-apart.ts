import type { OpenEvent } from './open-event.js';
import { cutReports, type Outcome, type ToldSlice, type UnitTransaction } from './unit-transaction.js';

/**
 * Chooses what is written after Kafka has refused a transaction for good: reports apart from outcomes, in turn, and fewer
 * and fewer reports together. So it shows which of them Kafka refuses, and the others go on.
 */
export class ReportsApart {
  private isOn = false;
  private isTurnOfReports = true;
  /** How many slices may be told together. */
  private most = Infinity;
  /** How many outcomes could have been written with the last transaction. */
  private eligible = 0;

  /**
   * The next transaction.
   * @param pending the outcomes that wait, in their order.
   * @param due events of which something must be said.
   * @param cut the transaction of outcomes and events that fits.
   */
  next<W>(
    pending: readonly Outcome<W>[],
    due: readonly OpenEvent[],
    cut: (pending: readonly Outcome<W>[], due: readonly OpenEvent[]) => UnitTransaction<W> | null,
  ): UnitTransaction<W> | null {
    if (!this.isOn) return cut(pending, due);
    const toTell = new Set(due);
    for (const outcome of pending)
      if (outcome.kind === 'ended' && outcome.event.untold.length > 0) toTell.add(outcome.event);
    const reports = cutReports<W>([...toTell], this.most);
    const eligible = pending.filter((each) => each.kind !== 'ended' || each.event.untold.length === 0);
    this.eligible = eligible.length;
    const outcomes = cut(eligible, []);
    return this.isTurnOfReports ? (reports ?? outcomes) : (outcomes ?? reports);
  }

  /** A transaction was refused. @returns whose it was, if that is known. */
  refused({ outcomes, told }: UnitTransaction<unknown>): 'outcomes' | ToldSlice | null {
    this.isTurnOfReports = outcomes.length > 0;
    if (told.length === 0) return 'outcomes';
    this.isOn = true;
    this.most = outcomes.length > 0 ? Infinity : Math.max(1, Math.floor(told.length / 2));
    return outcomes.length === 0 && told.length === 1 ? (told[0] ?? null) : null;
  }

  /** A transaction is written. @param isRefused whether reports that were refused wait. */
  written({ outcomes, told }: UnitTransaction<unknown>, isRefused: () => boolean): void {
    if (!this.isOn) return;
    this.isTurnOfReports = outcomes.length > 0;
    if (told.length > 0) this.most *= 2;
    if (outcomes.length > 0 && outcomes.length === this.eligible && !isRefused()) this.isOn = false;
  }
}
