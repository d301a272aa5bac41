import type { EntityManager } from 'typeorm';

import { OutboxRecord } from './outbox-record.entity.js';

/** A record for Kafka, before it is stored. */
export type NewOutboxRecord = Omit<OutboxRecord, 'id'>;

/**
 * Adds records to the outbox, in the transaction of the change that they announce. The caller first locks the
 * row of the changed object, so that the outbox has the same order as the changes. The records of a call keep
 * the order of the list: PostgreSQL numbers the rows of a statement as they come.
 */
export async function writeOutbox(
  manager: EntityManager,
  records: readonly NewOutboxRecord[],
): Promise<void> {
  if (records.length === 0) return;
  await manager.query(
    `INSERT INTO outbox (topic, key, headers, value)
     SELECT topic, key, headers::jsonb, value
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY AS r (topic, key, headers, value, place)
      ORDER BY place`,
    [
      records.map(({ topic }) => topic),
      records.map(({ key }) => key),
      records.map(({ headers }) => JSON.stringify(headers)),
      records.map(({ value }) => value),
    ],
  );
}
