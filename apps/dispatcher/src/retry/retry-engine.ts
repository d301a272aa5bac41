import { type Delivery, retryTopic, Topics } from '@skillora/contracts';

import type { Clock } from '../clock.js';
import { type HeldLimits, HeldRetries } from './held-retries.js';
import { takeTurn, turnAt } from './retry-turn.js';
import type { RetrySchedule } from './schedule.js';

/** A delivery to write, with its topic. */
export interface ForwardedDelivery {
  readonly topic: string;
  readonly delivery: Delivery;
}

/** The outcome of a waiting delivery's turn. */
export type TurnOutcome = 'superseded' | 'attempt' | 'wait-again';

/** The surroundings of the retry engine. `R` is the host's type for a record of a retry topic. */
export interface RetryPorts<R> {
  readonly clock: Clock;
  /** True when a later round of the delivery has been asked for. */
  supersedes(delivery: Delivery): boolean;
  /** True when the record's partition was given to another instance. */
  isStale(record: R): boolean;
  /** Completes a record: its commit and the delivery's record are one transaction. Null writes nothing. */
  ack(record: R, forwarded: ForwardedDelivery | null): void;
  /** Puts a record on the dead-letter topic because it cannot be processed. */
  giveUp(record: R, error: unknown): void;
  /** Reports a turn, and how late it was, ms. */
  turned(outcome: TurnOutcome, lateMs: number): void;
  /** Reports that a turn failed because of a fault in our code. */
  failed(record: R, delivery: Delivery, error: unknown): void;
}

/** The pure functions that the engine decides with. */
export const RETRY_RULES = { turnAt, takeTurn };
export type RetryRules = typeof RETRY_RULES;

/** A delivery that was read from a retry topic. `R` is the host's type for its record. */
export interface ReadRetry<R> {
  readonly record: R;
  readonly delivery: Delivery;
  /** The number of the topic, 1-based. */
  readonly topicNumber: number;
  readonly partition: number;
  /** When the record was written, ms since the epoch. */
  readonly writtenAt: number;
  /** Its size in memory, bytes. */
  readonly bytes: number;
}

/** A waiting delivery. */
interface Waiting<R> extends ReadRetry<R> {
  /** Ms since the epoch. */
  readonly dueAt: number;
  /** How often it failed because of a fault in our code. */
  readonly failures: number;
}

/** A turn to come. */
interface Timer {
  cancel: () => void;
}

const MAX_FAILURES = 5;
const REPEAT_AFTER_MS = 1_000;

/**
 * The retry stage. Failed deliveries wait until they are due. Then they go back to the deliveries to
 * attempt, in the transaction that commits their record.
 */
export class RetryEngine<R> {
  private readonly timers = new Set<Timer>();
  private readonly held: HeldRetries;

  /** @param limits what an organisation may hold back in one partition. */
  constructor(
    private readonly schedule: RetrySchedule,
    limits: HeldLimits,
    private readonly ports: RetryPorts<R>,
    private readonly rules: RetryRules = RETRY_RULES,
  ) {
    this.held = new HeldRetries(limits);
  }

  /**
   * Takes a delivery of a retry topic.
   * @returns false when the delivery has no valid due time.
   */
  take(read: ReadRetry<R>): boolean {
    const dueAt = Date.parse(read.delivery.dueAt);
    if (Number.isNaN(dueAt)) return false;
    const turn = this.rules.turnAt(this.schedule, read.topicNumber, read.writtenAt, dueAt);
    this.at(turn, () => this.onTurn({ ...read, dueAt, failures: 0 }));
    return true;
  }

  /** Ends all waiting. Waiting deliveries stay in their topic; the next owner of the partition reads them. */
  stop(): void {
    for (const { cancel } of this.timers) cancel();
    this.timers.clear();
  }

  /** A failure here must not end the process, which would start again with the same record. */
  private onTurn(waiting: Waiting<R>): void {
    const { record, delivery, failures } = waiting;
    try {
      this.takeTurn(waiting);
    } catch (error) {
      this.ports.failed(record, delivery, error);
      if (failures < MAX_FAILURES) {
        const repeatAt = this.ports.clock.now() + REPEAT_AFTER_MS;
        this.at(repeatAt, () => this.onTurn({ ...waiting, failures: failures + 1 }));
      } else this.ports.giveUp(record, error);
    }
  }

  private takeTurn(waiting: Waiting<R>): void {
    const { record, delivery, dueAt } = waiting;
    const { ports } = this;
    if (ports.isStale(record)) return;
    if (ports.supersedes(delivery)) {
      ports.ack(record, null);
      ports.turned('superseded', 0);
      return;
    }
    const window = `${waiting.topicNumber}/${waiting.partition}`;
    const { organizationId } = delivery;
    const mayHold = this.held.mayHold(window, organizationId);
    const turn = this.rules.takeTurn(this.schedule, dueAt, ports.clock.now(), mayHold);
    if (turn.kind === 'hold') {
      this.held.hold(window, organizationId, waiting.bytes);
      this.at(turn.untilMs, () => {
        this.held.release(window, organizationId, waiting.bytes);
        this.onTurn(waiting);
      });
      return;
    }
    const topic = turn.kind === 'attempt' ? Topics.deliveries : retryTopic(turn.topicNumber);
    ports.ack(record, { topic, delivery });
    ports.turned(turn.kind, ports.clock.now() - dueAt);
  }

  private at(timeMs: number, act: () => void): void {
    const { clock } = this.ports;
    const timer: Timer = { cancel: () => undefined };
    this.timers.add(timer);
    timer.cancel = clock.after(Math.max(0, timeMs - clock.now()), () => {
      this.timers.delete(timer);
      act();
    });
  }
}
