import { abortedRecords } from './aborted-records.js';
import { amendOnce, type Broker, brokerPrototype, type FetchedPartition } from './kafkajs-internals.js';

/**
 * Makes kafkajs' consumers hide the records of aborted transactions. By itself it takes the list of them that comes with
 * what it fetched for ordered by their first offsets, and takes up one of them at most at each record; a broker orders it
 * by their ends. Where several transactions lie across each other and are aborted, as after the death of a process that
 * had many open, it then hands on records that were never committed: deliveries made twice, results twice, and a place in
 * a ledger that nobody reached.
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

/** kafkajs hands on no control records but moves past them, which is what is wanted of aborted ones. */
function hide(partition: FetchedPartition): void {
  const { messages, abortedTransactions } = partition;
  if (!abortedTransactions || abortedTransactions.length === 0) return;
  for (const record of abortedRecords(messages, abortedTransactions)) record.isControlRecord = true;
  partition.abortedTransactions = [];
}
