import { Topics } from '@skillora/contracts';
import { type OutgoingRecord, TransactionalProducer } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { decodeRowIds, encodeRowIds } from './row-ids.js';

/** Under its name Kafka keeps which rows were written last. Nobody reads in this group. */
const RELAY_GROUP = 'outbox-relay';
/** Any partition would do. */
const PLACE = { topic: Topics.deliveries, partition: 0 } as const;

/**
 * Writes rows of the outbox whose repetition would be noticed: a delivery that stands twice in Kafka is attempted twice.
 * The ids of the rows are written in the same Kafka transaction, and whoever writes next, after a crash at any point or
 * in another copy, reads them first.
 */
export class OnceOnlyWriter {
  private readonly producer: TransactionalProducer;
  /** What was written since the last takeover or {@link settled}. */
  private written: readonly string[] | null = null;

  /** @param kafka a client with the retries of transactions. */
  constructor(
    private readonly kafka: Kafka,
    logger: Logger,
  ) {
    this.producer = new TransactionalProducer(kafka, RELAY_GROUP, logger);
  }

  /**
   * Takes over from whoever wrote before, which ends what that had begun, unless this did write last.
   * @returns the ids of rows that are in Kafka already and need only be deleted.
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
   * @throws what Kafka answered; the outcome is unknown then, and the next {@link takeOver} tells.
   */
  async write(records: readonly OutgoingRecord[], ids: readonly string[]): Promise<void> {
    const written = [...(this.written ?? []), ...ids];
    this.written = null;
    await this.producer.write(records, {
      ...PLACE,
      groupId: RELAY_GROUP,
      nextOffset: 0n,
      metadata: encodeRowIds(written),
    });
    this.written = written;
  }

  /** These rows have been deleted from the outbox: what else was written may be there still. */
  settled(ids: ReadonlySet<string>): void {
    this.written = this.written?.filter((id) => !ids.has(id)) ?? null;
  }

  /** Whether something was deleted is not known: the next {@link takeOver} asks Kafka. */
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
 * Forgets which rows were written last. To be called when the database was lost or set back: its ids come again, and a row
 * with the id of one of those would be taken for written.
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
