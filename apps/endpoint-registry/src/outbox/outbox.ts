import type { EntityManager } from 'typeorm';

import { OutboxRecord } from './outbox-record.entity.js';

/** A record for Kafka, before it is stored. */
export type NewOutboxRecord = Omit<OutboxRecord, 'id'>;

/**
 * Adds records to the outbox, in the transaction of the change that they announce. The caller first locks the
 * row of the changed object, so that the outbox has the same order as the changes.
 */
export async function writeOutbox(
  manager: EntityManager,
  records: readonly NewOutboxRecord[],
): Promise<void> {
  // One after the other, so that their ids are certainly in their order. Nothing is read back, as `insert` would.
  for (const record of records) {
    await manager
      .createQueryBuilder()
      .insert()
      .into(OutboxRecord)
      .values(record)
      .updateEntity(false)
      .callListeners(false)
      .execute();
  }
}
