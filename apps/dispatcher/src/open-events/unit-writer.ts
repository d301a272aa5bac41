import type { OffsetWindow } from '@skillora/kafka';

import { EarliestTimer } from './earliest-timer.js';
import { Refused, writeFrozen } from './frozen-write.js';
import { type OpenEvent, reportFormOf } from './open-event.js';
import { PendingOutcomes } from './pending-outcomes.js';
import { ReportsApart } from './reports-apart.js';
import { TELL_MS, type UnitPorts, type UnitRules, type UnitSettings } from './unit-ports.js';
import { positionsAfter, recordOf } from './unit-record.js';
import type { Outcome, UnitTransaction } from './unit-transaction.js';

/** A unit without anything to do writes its positions so long after its takeover, ms: instances may come and go for a while. */
const FIRST_RENEWAL_MS = 60_000;

/** The unit for which a {@link UnitWriter} writes. */
export interface WrittenUnit<W> {
  /** The open events by offset. */
  readonly open: ReadonlyMap<bigint, OpenEvent>;
  readonly windows: ReadonlyMap<string, OffsetWindow>;
  /** A transaction is written: it counts from now on. */
  written(transaction: UnitTransaction<W>): void;
  /** Another owner has the unit. */
  lost(): void;
}

/** Writes what a unit has to say: what became of its records, and what open events must tell. */
export class UnitWriter<W> {
  private readonly pending = new PendingOutcomes<W>();
  private readonly apart = new ReportsApart();
  private readonly timer: EarliestTimer;
  private sequence = 0;
  private isWriting = false;
  private isOver = false;
  /** When a record was last written to the ledger, by the monotonic clock; negative before the first one. */
  private writtenAt = -Infinity;

  constructor(
    private readonly settings: UnitSettings,
    private readonly ports: Pick<
      UnitPorts<{ readonly offset: bigint }, W>,
      'clock' | 'write' | 'reopen' | 'reportLeftOut'
    >,
    private readonly rules: UnitRules,
    private readonly unit: WrittenUnit<W>,
  ) {
    this.timer = new EarliestTimer(ports.clock, () => void this.flush());
  }

  /** Begins. */
  start(): void {
    if (this.settings.renewMs !== undefined) this.writeIn(FIRST_RENEWAL_MS);
  }

  /** Whether nothing is left to write. */
  get isIdle(): boolean {
    return this.pending.size === 0 && !this.isWriting && this.unsaid().length === 0;
  }

  /** The outcomes that are not written. */
  get waiting(): readonly Outcome<W>[] {
    return this.pending.all;
  }

  /** Adds an outcome, to be written soon. @returns false when there is one of that record. */
  add(outcome: Outcome<W>): boolean {
    if (!this.pending.add(outcome)) return false;
    this.writeIn(this.settings.gatherMs);
    return true;
  }

  /** Writes what there is then, if it does not do so before. */
  writeIn(ms: number): void {
    if (!this.isOver) this.timer.set(ms);
  }

  /** Nothing more is written. */
  stop(): void {
    this.isOver = true;
    this.timer.cancel();
  }

  /** It may be stopped whenever it waits for something. */
  private isStopped(): boolean {
    return this.isOver;
  }

  /** Writes what waits, one transaction after the other. */
  private async flush(): Promise<void> {
    if (this.isWriting || this.isOver) return;
    this.isWriting = true;
    for (let isMore = true; isMore && !this.isStopped();) {
      const waiting = this.pending.size;
      const limits = this.pending.limits(this.settings.limits);
      const transaction = this.apart.next(this.pending.all, this.due(), (pending, due) =>
        this.rules.cut(pending, due, limits),
      );
      if (!transaction) break;
      isMore = (await this.commit(transaction)) && transaction.outcomes.length < waiting;
    }
    await this.renewPositions();
    this.isWriting = false;
    const { gatherMs } = this.settings;
    const unsaid = this.unsaid();
    const oldest = unsaid[0]?.untold[0]?.madeAt;
    if (this.pending.size > 0 || unsaid.some(({ isOver }) => isOver)) this.writeIn(gatherMs);
    else if (oldest !== undefined) {
      this.writeIn(Math.max(gatherMs, oldest + TELL_MS - this.ports.clock.now()));
    }
  }

  /**
   * The ledger keeps its records for days only, and what it does not hold is not known after that. So the positions of a unit
   * that has had nothing to do are written again.
   */
  private async renewPositions(): Promise<void> {
    const { renewMs } = this.settings;
    if (renewMs === undefined || this.isOver) return;
    if (this.ports.clock.monotonic() - this.writtenAt >= renewMs)
      await this.commit({ outcomes: [], told: [], closed: [] });
    this.writeIn(renewMs);
  }

  /** The events of which a transaction must say something though none of their deliveries ends, in order. */
  private unsaid(): OpenEvent[] {
    return [...this.unit.open.values()].filter(({ untold, isOver }) => untold.length > 0 || isOver);
  }

  /**
   * Those that a transaction must tell now. Whoever reads the reports takes an event for told once a later one of its organisation is, so an
   * event is told no later than what is behind it.
   */
  private due(): OpenEvent[] {
    const now = this.ports.clock.now();
    const last = this.pending.lastOffset;
    const isDue = ({ offset, untold, isOver }: OpenEvent): boolean =>
      isOver || offset < last || untold.some((slice) => this.rules.isDue(slice, now));
    return this.unsaid().filter(isDue);
  }

  /** @returns whether it is written. */
  private async commit(transaction: UnitTransaction<W>): Promise<boolean> {
    this.sequence += 1;
    const { ports, rules } = this;
    const { topic, taken, writer } = this.settings;
    const positions = positionsAfter(transaction, topic, taken.positions, this.unit.windows);
    const record = recordOf(transaction, writer, this.sequence, positions);
    const verdict = await writeFrozen(record, transaction, ports, rules, () => this.isOver);
    if (verdict === 'written') {
      this.writtenAt = ports.clock.monotonic();
      this.pending.written(transaction.outcomes);
      this.unit.written(transaction);
      this.apart.written(transaction, () => this.unsaid().some(({ refusals }) => refusals > 0));
    } else if (verdict instanceof Refused) this.refused(transaction, verdict.error);
    else if (!this.isStopped()) this.unit.lost();
    return verdict === 'written';
  }

  /** Kafka has refused a transaction for good, and it is not written. */
  private refused(transaction: UnitTransaction<W>, error: unknown): void {
    const cause = this.apart.refused(transaction);
    if (cause === 'outcomes') this.pending.refused(transaction.outcomes, error);
    else if (cause) {
      const { event } = cause;
      event.reportRefused((report) => this.rules.afterRefusedReport(report, error));
      const [next] = event.untold;
      if (next && reportFormOf(next) === 'left-out') this.ports.reportLeftOut(event, error);
    }
  }
}
