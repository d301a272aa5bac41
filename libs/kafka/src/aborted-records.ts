/** The part of a record that kafkajs has fetched which tells of its transaction. */
export interface FetchedRecord {
  readonly offset: string;
  /** A marker that a transaction ended; kafkajs hands none of them on. */
  isControlRecord: boolean;
  /** Records of Kafka before 0.11 have none. */
  readonly batchContext?: { readonly producerId: string };
}

/** Of a fetched range, a transaction that was aborted, and where its records in that partition begin. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/**
 * Which of the records of a fetched range belong to aborted transactions (KIP-98). A transaction's records lie between its
 * first offset and the next marker of its producer. Records may miss at either end, and between them where a topic is
 * compacted; the transactions may come in any order: a broker names them in the order they ended.
 */
export function abortedRecords(
  records: readonly FetchedRecord[],
  transactions: readonly AbortedTransaction[],
): FetchedRecord[] {
  const toCome = transactions
    .map(({ producerId, firstOffset }) => ({ producerId, from: BigInt(firstOffset) }))
    .sort((a, b) => (a.from < b.from ? -1 : Number(a.from > b.from)));
  const open = new Set<string>();
  let next = 0;
  return records.filter(({ offset, isControlRecord, batchContext }) => {
    for (; next < toCome.length; next += 1) {
      const transaction = toCome[next] as (typeof toCome)[number];
      if (transaction.from > BigInt(offset)) break;
      open.add(transaction.producerId);
    }
    if (!batchContext) return false;
    if (isControlRecord) open.delete(batchContext.producerId);
    return open.has(batchContext.producerId);
  });
}
