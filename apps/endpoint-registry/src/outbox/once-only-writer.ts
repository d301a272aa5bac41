import { Topics } from '@skillora/contracts';
import { type OutgoingRecord, TransactionalProducer } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { decodeRowIds, encodeRowIds } from './row-ids.js';

/** Under this group id Kafka stores which rows were written last. No consumer uses the group. */
const RELAY_GROUP = 'outbox-relay';
/** Any partition would do. */
const PLACE = { topic: Topics.deliveries, partition: 0 } as const;

/**
 * Writes rows of the outbox that must not be repeated: a delivery that is in Kafka twice is attempted twice.
 * The ids of the rows are written in the same Kafka transaction. The next writer, after a crash or on another
 * instance, reads these ids first.
 */
export class OnceOnlyWriter {
  private readonly producer: TransactionalProducer;
  /** The ids of the rows that were written since the last takeover or {@link settled}. */
  private written: readonly string[] | null = null;

  /** @param kafka a client whose retries suit transactions. */
  constructor(
    private readonly kafka: Kafka,
    logger: Logger,
  ) {
    this.producer = new TransactionalProducer(kafka, RELAY_GROUP, logger);
  }

  /**
   * Takes over from the former writer, which ends that writer's open transaction, unless this writer was the
   * last.
   * @returns the ids of rows that are already in Kafka and only need to be deleted.
   */
  async takeOver(): Promise<readonly string[]> {
    if (this.written) return this.written;
    await this.producer.disconnect();
    await this.producer.connect();
    this.written = await this.lastWritten();
    return this.written;
  }

  /**
   * Writes the records of rows, all or none of them.
   * @throws Kafka's answer; the outcome is unknown then, and the next {@link takeOver} finds it out.
   */
  async write(records: readonly OutgoingRecord[], ids: readonly string[]): Promise<void> {
    const written = [...(this.written ?? []), ...ids];
    this.written = null;
    await this.producer.write(records, {
      ...PLACE,
      groupIds: [RELAY_GROUP],
      nextOffset: 0n,
      metadata: encodeRowIds(written),
    });
    this.written = written;
  }

  /** Notes that these rows were deleted from the outbox; other written rows may still be there. */
  settled(ids: ReadonlySet<string>): void {
    this.written = this.written?.filter((id) => !ids.has(id)) ?? null;
  }

  /** Notes that it is unknown whether rows were deleted: the next {@link takeOver} asks Kafka. */
  unsettled(): void {
    this.written = null;
  }

  async close(): Promise<void> {
    this.written = null;
    await this.producer.disconnect();
  }

  private async lastWritten(): Promise<readonly string[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const [topic] = await admin.fetchOffsets({ groupId: RELAY_GROUP, topics: [PLACE.topic] });
      const commit = topic?.partitions.find(({ partition }) => partition === PLACE.partition);
      return decodeRowIds(commit?.metadata ?? '');
    } finally {
      await admin.disconnect();
    }
  }
}

/** Kafka's answer when there is no such group. */
const NO_GROUP = 69;

/**
 * Forgets which rows were written last. Call it when the database was lost or reset: its ids occur again, and
 * a new row with such an id would be mistaken for a written one.
 */
export async function forgetWhatWasWritten(kafka: Kafka): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.deleteGroups([RELAY_GROUP]);
  } catch (error) {
    const { groups } = error as { groups?: readonly { readonly errorCode?: number }[] };
    if (groups?.every(({ errorCode }) => errorCode === NO_GROUP) !== true) throw error;
  } finally {
    await admin.disconnect();
  }
}
