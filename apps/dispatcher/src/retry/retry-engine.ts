import { type Delivery, retryTopic, Topics } from '@skillora/contracts';

import type { Clock } from '../clock.js';
import { takeTurn, turnAt } from './retry-turn.js';
import type { RetrySchedule } from './schedule.js';

/** Where a waiting delivery goes when its turn has come. */
export interface ForwardedDelivery {
  readonly topic: string;
  readonly delivery: Delivery;
}

/** What became of a delivery whose turn came. */
export type TurnOutcome = 'superseded' | 'attempt' | 'wait-again';

/** What the engine acts on. `R` stands for a record that was read from a delay topic. */
export interface RetryPorts<R> {
  readonly clock: Clock;
  /** True when a later round of the delivery has been asked for. */
  supersedes(delivery: Delivery): boolean;
  /** True when the record's partition was given to another instance. */
  isStale(record: R): boolean;
  /** Says that the record is done, in the transaction that writes the delivery; null writes nothing. */
  ack(record: R, forwarded: ForwardedDelivery | null): void;
  /** Puts a record aside that cannot be handled. */
  giveUp(record: R, error: unknown): void;
  /** A delivery's turn has come, so many ms after it was due. */
  turned(outcome: TurnOutcome, lateMs: number): void;
  /** A turn failed for a fault of ours. */
  failed(record: R, delivery: Delivery, error: unknown): void;
}

/** The pure functions that decide when a delivery's turn is and what it leads to. */
export const RETRY_RULES = { turnAt, takeTurn };
export type RetryRules = typeof RETRY_RULES;

/** A delivery that waits, and how often its turn failed for a fault of ours. */
interface Waiting<R> {
  readonly record: R;
  readonly delivery: Delivery;
  /** Ms since the epoch. */
  readonly dueAt: number;
  readonly failures: number;
}

/** A turn to come. */
interface Timer {
  cancel: () => void;
}

const MAX_FAILURES = 5;
const REPEAT_AFTER_MS = 1_000;

/**
 * Failed deliveries wait here until they are due. Then they go back to the deliveries to attempt, in the transaction that
 * says they wait no longer.
 */
export class RetryEngine<R> {
  private readonly timers = new Set<Timer>();

  constructor(
    private readonly schedule: RetrySchedule,
    private readonly ports: RetryPorts<R>,
    private readonly rules: RetryRules = RETRY_RULES,
  ) {}

  /**
   * Takes a delivery that was read from a delay topic.
   * @param delayTopic the number of the topic, 1-based.
   * @param writtenAt when the record was written, ms since the epoch.
   * @returns false when the delivery does not say when it is due, so that it cannot wait.
   */
  take(record: R, delivery: Delivery, delayTopic: number, writtenAt: number): boolean {
    const dueAt = Date.parse(delivery.dueAt);
    if (Number.isNaN(dueAt)) return false;
    const turn = this.rules.turnAt(this.schedule, delayTopic, writtenAt, dueAt);
    this.at(turn, () => this.onTurn({ record, delivery, dueAt, failures: 0 }));
    return true;
  }

  /** Lets nothing more have its turn. What waits stays in its topic; the next owner takes it up. */
  stop(): void {
    for (const { cancel } of this.timers) cancel();
    this.timers.clear();
  }

  /** A turn that fails must not end the process, which would begin with the same record again. */
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
    const turn = this.rules.takeTurn(this.schedule, dueAt, ports.clock.now());
    if (turn.kind === 'hold') {
      this.at(turn.untilMs, () => this.onTurn(waiting));
      return;
    }
    const topic = turn.kind === 'attempt' ? Topics.deliveries : retryTopic(turn.delayTopic);
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
