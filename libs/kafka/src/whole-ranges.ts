import { amendOnce, type Batch, batchPrototype } from './kafkajs-internals.js';

/**
 * Makes kafkajs tell of a range without records from where it was asked for. By itself it tells of the first offset that
 * it found: a marker behind records that compaction has removed, or nothing where the rest of a batch is removed. Whoever
 * listens could not tell that nothing lies before, and would take offsets that hold nothing for records nobody reads.
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
