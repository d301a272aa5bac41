/** The fields of a fetched record that say which transaction it belongs to. */
export interface FetchedRecord {
  readonly offset: string;
  /** A marker that ends a transaction; kafkajs never returns markers. */
  isControlRecord: boolean;
  /** Records of Kafka before 0.11 have none. */
  readonly batchContext?: { readonly producerId: string };
}

/**
 * A transaction in a fetched range that was aborted, and the offset where its records in the partition begin.
 */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/**
 * Finds the records of a fetched range that belong to aborted transactions (KIP-98). A transaction's records
 * lie between its first offset and the next marker of its producer. Records may be missing at either end of
 * the range, and in between if the topic is compacted. The transactions may come in any order: a broker lists
 * them in the order in which they ended.
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
