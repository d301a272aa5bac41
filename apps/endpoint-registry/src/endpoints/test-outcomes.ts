import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What became of a test send. */
export interface TestOutcome {
  readonly deliveryId: string;
  readonly status: 'success' | 'failed' | 'unknown';
  readonly responseStatus: number | null;
  readonly detail: string | null;
}

interface Waiter {
  /** Then the outcome counts as unknown; ms since the epoch. */
  readonly deadline: number;
  readonly resolve: (outcome: TestOutcome) => void;
  readonly reject: (error: unknown) => void;
}

interface OutcomeRow {
  readonly id: string;
  readonly status: 'success' | 'failed';
  readonly response_status: number | null;
  readonly error_detail: string | null;
}

const LOOK_EVERY_MS = 100;

/**
 * Waits for outcomes of test sends until the projection shows them: with one query a tick for all that wait
 * on this instance, however many they are, and with none while nobody waits.
 */
@Injectable()
export class TestOutcomes {
  private readonly waiting = new Map<string, Waiter>();
  private isLooking = false;

  constructor(private readonly dataSource: DataSource) {}

  /**
   * The outcome of a test send that was just made, `unknown` after `limitMs`.
   * @throws what the driver throws when the database does not answer.
   */
  of(deliveryId: string, limitMs: number): Promise<TestOutcome> {
    const outcome = new Promise<TestOutcome>((resolve, reject) => {
      this.waiting.set(deliveryId, { deadline: Date.now() + limitMs, resolve, reject });
    });
    if (!this.isLooking) this.lookLater();
    return outcome;
  }

  private lookLater(): void {
    this.isLooking = this.waiting.size > 0;
    if (this.isLooking) setTimeout(() => void this.look().finally(() => this.lookLater()), LOOK_EVERY_MS);
  }

  private async look(): Promise<void> {
    const asked = [...this.waiting.keys()];
    try {
      for (const { id, status, response_status, error_detail } of await this.find(asked)) {
        this.settle(id, { deliveryId: id, status, responseStatus: response_status, detail: error_detail });
      }
    } catch (error) {
      for (const id of asked) {
        this.waiting.get(id)?.reject(error);
        this.waiting.delete(id);
      }
    }
    const now = Date.now();
    for (const [id, { deadline }] of this.waiting) {
      if (deadline > now) continue;
      this.settle(id, { deliveryId: id, status: 'unknown', responseStatus: null, detail: null });
    }
  }

  private settle(id: string, outcome: TestOutcome): void {
    this.waiting.get(id)?.resolve(outcome);
    this.waiting.delete(id);
  }

  /**
   * They were made a moment ago; clocks differ by less than an hour, which leaves few partitions to look
   * into.
   */
  private find(ids: readonly string[]): Promise<OutcomeRow[]> {
    return this.dataSource.query<OutcomeRow[]>(
      `SELECT d.id, d.status, d.response_status, a.error_detail
         FROM deliveries d
         LEFT JOIN attempts a ON a.delivery_id = d.id AND a.delivery_created_at = d.created_at
        WHERE d.id = ANY($1::uuid[]) AND d.status IN ('success', 'failed')
          AND d.created_at > now() - interval '1 hour'`,
      [ids],
    );
  }
}
