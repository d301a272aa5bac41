import type { OutgoingRecord } from '@skillora/kafka';

/** All of the one, then all of the other, each record when it is asked for. */
export function* chained(...all: readonly Iterable<OutgoingRecord>[]): Generator<OutgoingRecord, void, void> {
  for (const records of all) yield* records;
}
