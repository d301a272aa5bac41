import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { RefusalException, throttled, unavailable } from '@skillora/rest';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { Cancelling } from './cancelling.js';
import {
  type Asked,
  figuresOf,
  type ReconciliationFigures,
  SETTLED_AFTER_SECONDS,
} from './reconciliation-figures.js';
import type { ReconciliationRange } from './reconciliation-range.js';
import { LeftError, Turns } from './turns.js';

/** How long each statement of a reconciliation may take, ms. */
const TIMEOUT_MS = 30_000;
const QUERY_CANCELED = '57014';
/**
 * How many organisations can wait for their reconciliation. Each statement of one can take as long as the
 * timeout.
 */
export const WAITING_AT_MOST = 10;
const AGAIN_AFTER_MS = 5_000;
/**
 * nginx's status for a request whose client has left: nobody reads the answer, and it is no fault of the
 * service.
 */
const CLIENT_LEFT = 499;

/** Compares the audit with the reports of the fan-out. */
@Injectable()
export class Reconciliation {
  /**
   * A reconciliation reads much, so only one runs at a time. This leaves connections and database time to
   * other requests.
   */
  private readonly turns = new Turns(WAITING_AT_MOST);
  /** See {@link TIMEOUT_MS}. Only tests set another value. */
  timeoutMs = TIMEOUT_MS;

  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /**
   * The figures of one organisation, all read at the same moment.
   * @param left aborted when the client has left; the work then ends.
   * @throws {InvalidFieldsException} when the range holds more than can be reconciled at once.
   * @throws {RefusalException} 429 while another one of the organisation runs or waits; 503 when it takes too long, or
   * ten wait.
   */
  async figures(
    organizationId: string,
    range: ReconciliationRange,
    left: AbortSignal,
    now = new Date(),
  ): Promise<ReconciliationFigures> {
    const settledBefore = new Date(now.getTime() - SETTLED_AFTER_SECONDS * 1_000);
    const asked: Asked = [organizationId, range.after, range.before, settledBefore];
    this.demandTurn(organizationId);
    try {
      return await this.turns.run(organizationId, left, () =>
        this.inSnapshot(left, (client) => figuresOf(client, asked)),
      );
    } catch (error) {
      if (error instanceof LeftError || left.aborted) {
        throw new RefusalException(CLIENT_LEFT, 'The client has left.');
      }
      if ((error as { code?: unknown }).code !== QUERY_CANCELED) throw error;
      throw unavailable('The reconciliation took too long. Ask for a shorter range.', 60);
    }
  }

  private demandTurn(organizationId: string): void {
    const problem = this.turns.problem(organizationId);
    if (problem === 'owner_is_here') {
      throw throttled('A reconciliation of this organisation is under way.', AGAIN_AFTER_MS);
    }
    if (problem === 'too_many_wait') {
      throw unavailable('Too many reconciliations wait at the moment.', TIMEOUT_MS / 1_000);
    }
  }

  private async inSnapshot<T>(left: AbortSignal, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const cancelling = new Cancelling(this.dataSource, client, left);
      try {
        left.throwIfAborted();
        await client.query(`SET LOCAL statement_timeout = ${this.timeoutMs}`);
        return await work(client);
      } finally {
        // This must end before another request gets the connection: its statement could be cancelled
        // otherwise.
        await cancelling.end();
        // Nothing was written, so nothing needs to be undone on a broken connection; the pool drops it.
        await client.query('ROLLBACK').catch(() => undefined);
      }
    } finally {
      await runner.release();
    }
  }
}
