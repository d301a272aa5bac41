import type { Logger } from '@skillora/operability';
import type { Admin } from 'kafkajs';

import { reportLag, type TopicLag } from './consumer-lag.js';
import type { HandledTopics } from './handled-topics.js';
import type { LogRange, OwnedPartition } from './owned-partition.js';
import { partitionKey, type TopicPartition } from './topic-partition.js';

export interface LagWatchOptions {
  readonly groupId: string;
  /** Connected. */
  readonly admin: Admin;
  readonly topics: HandledTopics;
  readonly partitions: { readonly all: readonly OwnedPartition[] };
  /** When it is aborted, the ends of the topics are read no more. */
  readonly closing: AbortSignal;
  readonly logger: Logger;
}

/** How often the end offsets of the topics are read, ms. */
const LAG_MS = 10_000;
/**
 * Ends that have not moved for so many reads are read at each sixth time only, once a minute: two requests for each topic
 * were a tenth of what a cluster at rest is asked. What comes after a rest shows in the lag a minute late at most.
 */
const QUIET_READS = 3;
const RESTING_READS = 6;
const UNKNOWN: LogRange = { low: 0n, high: 0n };

/** Knows where the topics end, and from that how far this instance is behind. */
export class LagWatch {
  private timer: NodeJS.Timeout | null = null;
  private isReading = false;
  /** How many reads in a row have found the ends where they were. */
  private quietReads = 0;
  /** By {@link partitionKey}, as last read. */
  private readonly ends = new Map<string, LogRange>();
  private stopReporting: (() => void) | null = null;

  constructor(private readonly options: LagWatchOptions) {}

  /** Reports the lag to Prometheus from now on. */
  report(): void {
    this.stopReporting = reportLag({ groupId: this.options.groupId, lag: () => this.lag() });
  }

  /** Reads the ends of the topics from time to time. */
  start(): void {
    let looks = 0;
    this.timer = setInterval(() => {
      looks += 1;
      if (this.quietReads < QUIET_READS || looks % RESTING_READS === 0) void this.readEnds();
    }, LAG_MS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.stopReporting?.();
  }

  /** The first offset of a partition's log, as last read; 0 when it is not known. */
  lowOf({ topic, partition }: TopicPartition): bigint {
    return this.ends.get(partitionKey(topic, partition))?.low ?? 0n;
  }

  /** The lag of this instance, by topic. */
  private lag(): Iterable<TopicLag> {
    const { topics, partitions } = this.options;
    return lagByTopic(topics.all, partitions.all, this.ends, Date.now());
  }

  /** Reads the end offsets of the topics: a paused partition does not learn its end from fetches. */
  private async readEnds(): Promise<void> {
    const { admin, topics, partitions, closing, logger } = this.options;
    if (this.isReading || closing.aborted) return;
    this.isReading = true;
    try {
      let haveMoved = false;
      for (const topic of topics.all) {
        for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
          const key = partitionKey(topic, partition);
          haveMoved ||= this.ends.get(key)?.high !== BigInt(high);
          this.ends.set(key, { low: BigInt(low), high: BigInt(high) });
        }
      }
      this.quietReads = haveMoved ? 0 : this.quietReads + 1;
      const now = Date.now();
      for (const each of partitions.all)
        each.observeEnd(this.ends.get(partitionKey(each.topic, each.partition)) ?? null, now);
    } catch (error) {
      logger.debug({ err: error }, 'the end offsets of the topics could not be read; trying again later');
    } finally {
      this.isReading = false;
    }
  }
}

/** Adds up the lag of partitions by topic: the sum of records, and the longest times. */
export function lagByTopic(
  topics: readonly string[],
  partitions: readonly Pick<OwnedPartition, 'topic' | 'partition' | 'lag' | 'stuckMs'>[],
  ends: ReadonlyMap<string, LogRange>,
  now: number,
): Iterable<TopicLag> {
  const byTopic = new Map<string, TopicLag>(
    topics.map((topic) => [topic, { topic, records: 0, seconds: 0, stuckSeconds: 0 }]),
  );
  for (const each of partitions) {
    const { topic, partition } = each;
    const known = byTopic.get(topic);
    if (!known) continue;
    const { records, seconds } = each.lag(ends.get(partitionKey(topic, partition)) ?? UNKNOWN, now);
    byTopic.set(topic, {
      topic,
      records: known.records + records,
      seconds: Math.max(known.seconds, seconds),
      stuckSeconds: Math.max(known.stuckSeconds, each.stuckMs(now) / 1_000),
    });
  }
  return byTopic.values();
}
