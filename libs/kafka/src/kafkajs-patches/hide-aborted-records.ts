import { abortedRecords } from './aborted-records.js';
import { amendOnce, type Broker, brokerPrototype, type FetchedPartition } from './kafkajs-internals.js';

/**
 * Makes kafkajs' consumers skip the records of aborted transactions. A fetch comes with a list of aborted
 * transactions. kafkajs assumes that the list is ordered by first offsets, and takes at most one entry from
 * it at each record. But a broker orders the list by the ends of the transactions. If several aborted
 * transactions overlap (as after the death of a process with many open ones), kafkajs therefore returns
 * records that were never committed. The effect would be duplicate deliveries, duplicate results, and a
 * ledger position that nobody reached.
 *
 * Upstream: no issue known; kafkajs #202 is where it began to leave out aborted records.
 * Delete when kafkajs takes the list of aborted transactions in any order. Then
 * `hide-aborted-records.int.spec.ts` passes without it.
 */
export function hideAbortedRecords(): void {
  amendOnce(
    brokerPrototype(),
    'fetch',
    (fetch) =>
      async function (this: Broker, request) {
        const fetched = await fetch.call(this, request);
        for (const { partitions } of fetched.responses) for (const partition of partitions) hide(partition);
        return fetched;
      },
  );
}

/** kafkajs does not return control records but moves past them, which is right for aborted records too. */
function hide(partition: FetchedPartition): void {
  const { messages, abortedTransactions } = partition;
  if (!abortedTransactions || abortedTransactions.length === 0) return;
  for (const record of abortedRecords(messages, abortedTransactions)) record.isControlRecord = true;
  partition.abortedTransactions = [];
}
