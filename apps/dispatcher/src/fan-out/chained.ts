import type { OutgoingRecord } from '@skillora/kafka';

/** All items of the first iterable, then all of the second, each created when it is read. */
export function* chained(...all: readonly Iterable<OutgoingRecord>[]): Generator<OutgoingRecord, void, void> {
  for (const records of all) yield* records;
}
