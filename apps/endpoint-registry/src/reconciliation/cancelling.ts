import { setTimeout as delay } from 'node:timers/promises';

import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * A statement may begin just after its cancellation was sent; then it is cancelled again after this time, ms.
 */
const CANCEL_AGAIN_MS = 100;

/** Cancels the statements on a connection when nobody needs their result, until the work has ended. */
export class Cancelling {
  private ended = false;
  private cancelled: Promise<void> = Promise.resolve();
  private readonly begin = (): void => {
    this.cancelled = this.cancelUntilEnded();
  };

  constructor(
    private readonly dataSource: DataSource,
    private readonly client: PoolClient,
    private readonly left: AbortSignal,
  ) {
    left.addEventListener('abort', this.begin, { once: true });
  }

  /** Resolves when no more cancellations are sent. */
  async end(): Promise<void> {
    this.ended = true;
    this.left.removeEventListener('abort', this.begin);
    await this.cancelled;
  }

  private async cancelUntilEnded(): Promise<void> {
    const { processID } = this.client as PoolClient & { readonly processID: number };
    while (!this.ended) {
      // A database that is down has nothing to cancel.
      await this.dataSource.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => undefined);
      await delay(CANCEL_AGAIN_MS);
    }
  }
}
