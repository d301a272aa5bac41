import { amendOnce, type Batch, batchPrototype } from './kafkajs-internals.js';

/**
 * Makes kafkajs report a range without records from the offset that was asked for. Otherwise it reports the
 * range from the first offset that it found: a marker behind compacted records, or nothing if the rest of a
 * batch was removed. The reader could then not know that the offsets before hold no records, and would count
 * them as unread.
 *
 * Upstream: no issue known; kafkajs #1256 is where it began to emit events for ranges without records.
 * Delete when `END_BATCH_PROCESS` names the fetched offset of a range without records.
 */
export function tellWholeRanges(): void {
  amendOnce(
    batchPrototype(),
    'firstOffset',
    (first) =>
      function (this: Batch) {
        return this.isEmptyDueToFiltering() ? this.fetchedOffset : first.call(this);
      },
  );
}
