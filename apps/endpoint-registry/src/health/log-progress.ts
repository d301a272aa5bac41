import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Topics, writtenInTransactions } from '@skillora/contracts';
import { KAFKA, readPartition } from '@skillora/kafka';
import type { Admin, Kafka } from 'kafkajs';
import { DataSource } from 'typeorm';

import { logRanges, type LogRange } from '../projection/log-ranges.js';
import { storedOffsets } from '../projection/offsets.js';

/** What the decisions about health are made from: the results, and the notices that there are already. */
const TOPICS = [Topics.deliveryResults, Topics.events] as const;
const READ_LIMIT_MS = 10_000;

/** The end of the log at one moment, and how far the database was when it was last compared with it. */
export interface LogMark {
  readonly partitions: readonly LogRange[];
  readonly seen: Map<string, bigint>;
}

/**
 * Says when the database has everything that was in the log at a moment. Partitions are read independently, so one may
 * be far behind: a success in it would come too late for a decision that is made before.
 */
@Injectable()
export class LogProgress implements OnApplicationShutdown {
  private admin: Admin | null = null;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    private readonly dataSource: DataSource,
  ) {}

  /** The end of the log now. */
  async mark(): Promise<LogMark> {
    if (!this.admin) {
      const admin = this.kafka.admin();
      await admin.connect();
      this.admin = admin;
    }
    return { partitions: await logRanges(this.admin, TOPICS), seen: new Map() };
  }

  /** Whether the database has all records before the mark. */
  async isApplied({ partitions, seen }: LogMark): Promise<boolean> {
    const stored = await storedOffsets(this.dataSource, partitions);
    const nextOf = new Map(stored.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    for (const { topic, partition, low, high } of partitions) {
      const name = `${topic}/${partition}`;
      const next = nextOf.get(name) ?? 0n;
      const from = next > low ? next : low;
      // The last offset of a topic that is written in transactions is a marker.
      if (from >= high || (writtenInTransactions(topic) && from === high - 1n)) continue;
      const isResting = seen.get(name) === next;
      seen.set(name, next);
      const rest = { topic, partition, from, until: high };
      if (!isResting || (await hasRecords(this.kafka, rest))) return false;
    }
    return true;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.admin?.disconnect().catch(() => undefined);
  }
}

/** Markers, and records of aborted transactions, take offsets too and are no records. */
export async function hasRecords(kafka: Kafka, range: Parameters<typeof readPartition>[1]): Promise<boolean> {
  let found = false;
  const take = (): 'enough' => {
    found = true;
    return 'enough';
  };
  await readPartition(kafka, range, take, READ_LIMIT_MS);
  return found;
}
