import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { KAFKA, partitionOfKey } from '@skillora/kafka';
import { FreshRuns } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

/** The end of a log: the next offset of each partition, in order of the partitions; 0 for one without records. */
export type LogEnd = readonly bigint[];

/** The pause between two requests to the brokers, however many callers ask, ms. */
const REST_MS = 50;

/**
 * The end of the log of events. Requests for events that are not in the audit ask for it: if the projection
 * has read up to this end, there are no such events, and nothing needs to be waited for. Concurrent callers
 * share one lookup.
 */
@Injectable()
export class EventLogEnd implements OnApplicationShutdown {
  private admin: Admin | null = null;
  private readonly looks = new FreshRuns(() => this.ask(), REST_MS);

  constructor(@Inject(KAFKA) private readonly kafka: Kafka) {}

  /** The end at a moment after this call. While brokers are down, it waits or rejects as kafkajs does. */
  afterNow(): Promise<LogEnd> {
    return this.looks.afterNow();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.admin?.disconnect().catch(() => undefined);
  }

  private async ask(): Promise<LogEnd> {
    if (!this.admin) {
      const admin = this.kafka.admin();
      await admin.connect();
      this.admin = admin;
    }
    const offsets = await this.admin.fetchTopicOffsets(Topics.events);
    return offsets
      .toSorted((one, other) => one.partition - other.partition)
      .map(({ high, low }) => (BigInt(high) > BigInt(low) ? BigInt(high) : 0n));
  }
}

/** A partition of the log, and the offset up to which a reader must have read it. */
export interface Position {
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * The position behind all events of an organisation that were written before that end. They share a partition,
 * because their key is the organisation; traffic on other partitions does not count. Events from before the
 * topic got more partitions may be elsewhere, but the projection has long read those.
 */
export function positionOf(organizationId: string, end: LogEnd): Position {
  if (end.length === 0) return { partition: 0, offset: 0n };
  const partition = partitionOfKey(organizationId, end.length);
  return { partition, offset: end[partition] ?? 0n };
}
