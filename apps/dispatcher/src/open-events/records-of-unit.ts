import { writtenInTransactions } from '@skillora/contracts';
import type { OutgoingRecord, RecordBatch } from '@skillora/kafka';

/**
 * The records that a unit writes: those of topics that are written in transactions go to the partition of the unit's number,
 * unless they name another one. So all that belongs to an organisation stays with one owner.
 */
export function* inPartition(
  records: Iterable<OutgoingRecord>,
  unit: number,
): Generator<OutgoingRecord, void, void> {
  for (const record of records) {
    const isOfUnit = record.partition === undefined && writtenInTransactions(record.topic);
    yield isOfUnit ? { ...record, partition: unit } : record;
  }
}

/** A batch of one of the unit's topics: what becomes of its records is written to partitions of its number. */
export function inUnit(batch: RecordBatch): RecordBatch {
  return {
    ...batch,
    ack: (offset, records = []) => batch.ack(offset, [...inPartition(records, batch.partition)]),
  };
}
