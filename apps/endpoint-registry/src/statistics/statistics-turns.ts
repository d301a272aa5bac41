import { Injectable } from '@nestjs/common';
import { throttled } from '@skillora/rest';

import { ConcurrencyLimit } from '../limits/concurrency-limit.js';

/** How many requests for statistics of an organisation an instance serves at a time. */
export const STATISTICS_AT_ONCE = 4;
/** How many an instance computes at a time, of all organisations. The others wait, without a connection. */
const COMPUTED_AT_ONCE = 4;
const AGAIN_AFTER_MS = 1_000;

/** Limits the requests for statistics, because each can take some tenths of a second of the database and of this process. */
@Injectable()
export class StatisticsTurns {
  /** By organisation; one without requests has no entry. */
  private readonly underWay = new Map<string, number>();
  private readonly computing = new ConcurrencyLimit(COMPUTED_AT_ONCE);

  /**
   * Does the work when it is its turn.
   * @throws {RefusalException} 429 when too many requests of the organisation are under way.
   * @throws whatever the work throws.
   */
  async run<T>(organizationId: string, work: () => Promise<T>): Promise<T> {
    const others = this.underWay.get(organizationId) ?? 0;
    if (others >= STATISTICS_AT_ONCE) {
      throw throttled(
        `At most ${STATISTICS_AT_ONCE} requests for statistics of an organisation are under way at once.`,
        AGAIN_AFTER_MS,
      );
    }
    this.underWay.set(organizationId, others + 1);
    try {
      return await this.computing.run(work);
    } finally {
      const left = (this.underWay.get(organizationId) ?? 1) - 1;
      if (left > 0) this.underWay.set(organizationId, left);
      else this.underWay.delete(organizationId);
    }
  }
}
