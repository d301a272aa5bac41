import type { OutgoingRecord } from '@skillora/kafka';
import type { EntityManager } from 'typeorm';

/** A record for Kafka that is stored first. */
export type OutboxRecord = Pick<OutgoingRecord, 'topic' | 'value'> & {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
};

/**
 * Puts records into the outbox, in the transaction of the change they tell of. Whoever writes about an object takes its
 * row lock first, so that the order of the outbox is the order of the changes.
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
