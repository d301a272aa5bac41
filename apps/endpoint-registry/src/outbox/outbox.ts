import type { OutgoingRecord } from '@skillora/kafka';
import type { EntityManager } from 'typeorm';

/** A record for Kafka that is stored in PostgreSQL first. */
export type OutboxRecord = Pick<OutgoingRecord, 'topic' | 'value'> & {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
};

/**
 * Adds records to the outbox, in the transaction of the change that they announce. The caller first locks the
 * row of the changed object, so that the outbox has the same order as the changes.
 */
export async function writeOutbox(manager: EntityManager, records: readonly OutboxRecord[]): Promise<void> {
  for (const { topic, key, headers, value } of records) {
    await manager.query('INSERT INTO outbox (topic, key, headers, value) VALUES ($1, $2, $3, $4)', [
      topic,
      key,
      JSON.stringify(headers),
      value,
    ]);
  }
}
