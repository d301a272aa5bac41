import type { ReceivedRecord, RecordBatch } from '@skillora/kafka';

/** A record with the batch in which it was read. */
export interface BatchedRecord {
  readonly batch: RecordBatch;
  readonly record: ReceivedRecord;
}
