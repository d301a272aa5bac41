import { Topics } from '@skillora/contracts';
import { FreshRuns } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

/** The next offset of each partition that holds something. */
export type LogEnd = ReadonlyMap<number, bigint>;

/** However many ask, the brokers rest so long between two looks, ms. */
const REST_MS = 50;

/**
 * Where the log of events ends. Requests for events that are not in the audit ask for it: where the
 * projection has read as far, there are no such events, and nothing has to be waited for. Whoever asks at the
 * same time shares one look.
 */
export class EventLogEnd {
  private admin: Admin | null = null;
  private readonly looks = new FreshRuns(() => this.ask(), REST_MS);

  constructor(private readonly kafka: Kafka) {}

  /**
   * The end as of a moment after this call. Waits for, or rejects with, what kafkajs does while brokers are
   * away.
   */
  afterNow(): Promise<LogEnd> {
    return this.looks.afterNow();
  }

  async close(): Promise<void> {
    await this.admin?.disconnect().catch(() => undefined);
  }

  private async ask(): Promise<LogEnd> {
    if (!this.admin) {
      const admin = this.kafka.admin();
      await admin.connect();
      this.admin = admin;
    }
    const ends = new Map<number, bigint>();
    for (const { partition, high, low } of await this.admin.fetchTopicOffsets(Topics.events)) {
      if (BigInt(high) > BigInt(low)) ends.set(partition, BigInt(high));
    }
    return ends;
  }
}

/**
 * Whether a reader whose next offsets are `reached` has read to that end. Partitions of which it read nothing
 * are absent.
 */
export function hasReached(reached: LogEnd, end: LogEnd): boolean {
  return [...end].every(([partition, offset]) => (reached.get(partition) ?? 0n) >= offset);
}
