import { Injectable } from '@nestjs/common';
import { withinTime } from '@skillora/operability';
import { unavailable } from '@skillora/rest';

import { ConcurrencyLimit } from './concurrency-limit.js';

/** How many lists of an organisation an instance reads at a time. Each page can take 4 MiB several times over. */
export const LISTS_AT_ONCE = 2;
/** How long a request waits for earlier ones, ms. */
const MOST_WAIT_MS = 10_000;

/**
 * Limits the lists that an organisation reads at a time, so that it takes neither all connections nor much memory.
 * Further requests wait in order, without a connection.
 */
@Injectable()
export class ListTurns {
  /** By organisation; one that reads nothing has no entry. */
  private readonly limits = new Map<string, ConcurrencyLimit>();
  /** See {@link MOST_WAIT_MS}. Only tests set another value. */
  mostWaitMs = MOST_WAIT_MS;

  /**
   * Reads a list when it is its turn.
   * @throws {RefusalException} 503 when that takes too long; nothing is read then.
   * @throws whatever `read` throws.
   */
  async inTurn<T>(organizationId: string, read: () => Promise<T>): Promise<T> {
    const limit = this.limits.get(organizationId) ?? new ConcurrencyLimit(LISTS_AT_ONCE);
    this.limits.set(organizationId, limit);
    const { promise: turn, resolve: begin } = Promise.withResolvers<'turn'>();
    const { promise: end, resolve: pass } = Promise.withResolvers<'passed on'>();
    const slot = limit.run(() => {
      begin('turn');
      return end;
    });
    void slot.then(() => {
      if (limit.isIdle && this.limits.get(organizationId) === limit) this.limits.delete(organizationId);
    });
    try {
      if ((await withinTime(turn, this.mostWaitMs)) === 'late') {
        throw unavailable('Too many requests of this organisation are under way. Try again shortly.', 5);
      }
      return await read();
    } finally {
      // A request that gave up passes its turn on as soon as it comes.
      pass('passed on');
    }
  }
}
