import { Topics } from '@skillora/contracts';
import { FreshRuns } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

/** The next offset of each partition that holds records. */
export type LogEnd = ReadonlyMap<number, bigint>;

/** The pause between two requests to the brokers, however many callers ask, ms. */
const REST_MS = 50;

/**
 * The end of the log of events. Requests for events that are not in the audit ask for it: if the projection
 * has read up to this end, there are no such events, and nothing needs to be waited for. Concurrent callers
 * share one lookup.
 */
export class EventLogEnd {
  private admin: Admin | null = null;
  private readonly looks = new FreshRuns(() => this.ask(), REST_MS);

  constructor(private readonly kafka: Kafka) {}

  /** The end at a moment after this call. While brokers are down, it waits or rejects as kafkajs does. */
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
 * Whether a reader whose next offsets are `reached` has read up to that end. Partitions that it has not read
 * are absent.
 */
export function hasReached(reached: LogEnd, end: LogEnd): boolean {
  return [...end].every(([partition, offset]) => (reached.get(partition) ?? 0n) >= offset);
}
