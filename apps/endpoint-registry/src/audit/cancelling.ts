import { setTimeout as delay } from 'node:timers/promises';

import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/** A statement that began just after it was to be cancelled is cancelled so much later, ms. */
const CANCEL_AGAIN_MS = 100;

/** Cancels what runs on a connection once nobody wants it, until it has ended. */
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

  /** Resolves when nothing more is cancelled. */
  async end(): Promise<void> {
    this.ended = true;
    this.left.removeEventListener('abort', this.begin);
    await this.cancelled;
  }

  private async cancelUntilEnded(): Promise<void> {
    const { processID } = this.client as PoolClient & { readonly processID: number };
    while (!this.ended) {
      // A database that is away has nothing to cancel.
      await this.dataSource.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => undefined);
      await delay(CANCEL_AGAIN_MS);
    }
  }
}
