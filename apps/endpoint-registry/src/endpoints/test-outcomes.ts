import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { withinTime } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { attemptsOf } from '../projection/attempt-columns.js';

/** The outcome of a test send. */
export interface TestOutcome {
  readonly deliveryId: string;
  readonly status: 'success' | 'failed' | 'unknown';
  readonly responseStatus: number | null;
  readonly detail: string | null;
}

interface Waiter {
  readonly resolve: (outcome: TestOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export interface OutcomeRow {
  readonly id: string;
  readonly status: 'success' | 'failed';
  readonly response_status: number | null;
  readonly error_detail: string | null;
}

const LOOK_EVERY_MS = 100;
/**
 * A query that has not answered by then may never answer, on a connection that the network has dropped
 * silently; ms.
 */
const LOOK_LIMIT_MS = 5_000;

/**
 * Waits for the outcomes of test sends until the projection shows them. One query a tick serves all waiting
 * requests of this instance; while nobody waits there is none.
 */
@Injectable()
export class TestOutcomes {
  private readonly waiting = new Map<string, Waiter>();
  private isLooking = false;
  /** See {@link LOOK_LIMIT_MS}. Only tests set another value. */
  lookLimitMs = LOOK_LIMIT_MS;

  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /**
   * The outcome of a new test send; `unknown` after `limitMs`.
   * @throws what the driver throws when the database does not answer.
   */
  async of(deliveryId: string, limitMs: number): Promise<TestOutcome> {
    const outcome = new Promise<TestOutcome>((resolve, reject) => {
      this.waiting.set(deliveryId, { resolve, reject });
    });
    if (!this.isLooking) this.lookLater();
    const known = await withinTime(outcome, limitMs);
    if (known !== 'late') return known;
    this.waiting.delete(deliveryId);
    return { deliveryId, status: 'unknown', responseStatus: null, detail: null };
  }

  private lookLater(): void {
    this.isLooking = this.waiting.size > 0;
    if (this.isLooking) setTimeout(() => void this.look().finally(() => this.lookLater()), LOOK_EVERY_MS);
  }

  private async look(): Promise<void> {
    const asked = [...this.waiting.keys()];
    try {
      const found = await withinTime(this.find(asked), this.lookLimitMs);
      if (found === 'late') return;
      for (const { id, status, response_status, error_detail } of found) {
        this.settle(id, { deliveryId: id, status, responseStatus: response_status, detail: error_detail });
      }
    } catch (error) {
      for (const id of asked) {
        this.waiting.get(id)?.reject(error);
        this.waiting.delete(id);
      }
    }
  }

  private settle(id: string, outcome: TestOutcome): void {
    this.waiting.get(id)?.resolve(outcome);
    this.waiting.delete(id);
  }

  /**
   * The deliveries are new, and clocks differ by less than an hour, so only a few partitions are searched.
   */
  protected find(ids: readonly string[]): Promise<OutcomeRow[]> {
    return this.dataSource.query<OutcomeRow[]>(
      `SELECT d.id, d.status, d.response_status, a.error_detail
         FROM deliveries d
         LEFT JOIN LATERAL ${attemptsOf('d')} AS a ON true
        WHERE d.id = ANY($1::uuid[]) AND d.status IN ('success', 'failed')
          AND d.created_at > now() - interval '1 hour'`,
      [ids],
    );
  }
}
