import { Topics } from '@skillora/contracts';
import { readPartition } from '@skillora/kafka';
import type { Kafka } from 'kafkajs';

import { type DeadLetter, type Place, readDeadLetter } from './dead-letter.js';

const TOPIC = Topics.interviewCompletionsDeadLetter;

/** Part of a partition. */
export interface Span {
  readonly partition: number;
  /** The first offset. */
  readonly from: bigint;
  /** The offset behind the last one. */
  readonly until: bigint;
}

/** How much is read at a time: this bounds the memory. */
const LETTERS_AT_ONCE = 500;
const BYTES_AT_ONCE = 8_388_608;
/** How long reading this much may take, ms. */
const READ_LIMIT_MS = 60_000;

/** Reads the dead letters of the public topic, as they are when reading begins. */
export class DeadLetterTopic {
  constructor(private readonly kafka: Kafka) {}

  /**
   * What there is now, in the order of the partitions. Letters that are written later are not read: they
   * can be the answer to what is redriven.
   * @param since leaves out letters before this time where that saves reading; others before it can still
   * be there.
   */
  async spans(since?: Date): Promise<readonly Span[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const [now, first] = await Promise.all([
        admin.fetchTopicOffsets(TOPIC),
        since ? admin.fetchTopicOffsetsByTimestamp(TOPIC, since.getTime()) : [],
      ]);
      const beginning = new Map(first.map(({ partition, offset }) => [partition, BigInt(offset)]));
      return now
        .map(({ partition, low, high }) => ({
          partition,
          from: largest(BigInt(low), beginning.get(partition) ?? 0n),
          until: BigInt(high),
        }))
        .sort((one, other) => one.partition - other.partition);
    } finally {
      await admin.disconnect();
    }
  }

  /** Reads the spans one after the other, in parts. */
  async *read(spans: readonly Span[]): AsyncGenerator<readonly DeadLetter[], void, void> {
    for (const { partition, from, until } of spans) {
      for (let next = from; next < until;) {
        const { letters, reached } = await this.readSome({ partition, from: next, until });
        next = reached;
        if (letters.length > 0) yield letters;
      }
    }
  }

  /** One letter; null if there is none at this place. */
  async letterAt({ partition, offset }: Place): Promise<DeadLetter | null> {
    const span = (await this.spans()).find((each) => each.partition === partition);
    if (!span || offset < span.from || offset >= span.until) return null;
    const { letters } = await this.readSome({ partition, from: offset, until: offset + 1n });
    return letters.find((each) => each.offset === offset) ?? null;
  }

  private async readSome(span: Span): Promise<{ letters: readonly DeadLetter[]; reached: bigint }> {
    const letters: DeadLetter[] = [];
    let bytes = 0;
    let reached = span.until;
    await readPartition(
      this.kafka,
      { topic: TOPIC, ...span },
      (record) => {
        letters.push(readDeadLetter(record, span.partition));
        bytes += (record.value?.length ?? 0) + (record.rawKey?.length ?? 0);
        if (letters.length < LETTERS_AT_ONCE && bytes < BYTES_AT_ONCE) return 'go-on';
        reached = record.offset + 1n;
        return 'enough';
      },
      READ_LIMIT_MS,
    );
    return { letters, reached };
  }
}

function largest(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
