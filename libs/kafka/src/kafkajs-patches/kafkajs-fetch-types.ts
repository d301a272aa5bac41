import type { IHeaders } from 'kafkajs';

import type { AbortedTransaction, FetchedRecord } from './aborted-records.js';

/** A message as kafkajs fetched it. */
export interface FetchedMessage extends FetchedRecord {
  readonly timestamp: string;
  readonly attributes: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  /** Why nobody can read a batch; the value is then the bytes of the batch. */
  readonly unreadable?: string;
}

/** What kafkajs fetched of one partition. */
export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  /** The first offset of the log; earlier records are deleted. */
  readonly lastStartOffset: string;
  /** -1, or absent before version 11, for the broker that was asked. */
  readonly preferredReadReplica?: number;
  readonly messages: readonly FetchedMessage[];
  /** The aborted transactions that have records here; null or empty when uncommitted records are read too. */
  abortedTransactions?: readonly AbortedTransaction[] | null;
}

/**
 * The part of kafkajs' `Batch` that is used here: the fetched records of one partition, as its consumers take
 * them.
 */
export interface Batch {
  readonly topic: string;
  /** The offset that was asked for. */
  readonly fetchedOffset: string;
  /** True when nothing is returned. */
  isEmpty(): boolean;
  /** True when something was fetched but nothing of it is returned. */
  isEmptyDueToFiltering(): boolean;
  /** Null when nothing at or after the requested offset was fetched. */
  firstOffset(): string | null;
}

/** What a request to read carries. */
export interface FetchRequest {
  /** How long the broker may hold it, ms. */
  readonly maxWaitTime: number;
  readonly isolationLevel: number;
  readonly topics: readonly WantedTopic[];
  /** Where the reader is; only consumers say it, empty if it is not set. */
  readonly rackId?: string;
}

/** Partitions that are read from these offsets on. */
export interface WantedTopic {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly fetchOffset: string;
    readonly maxBytes: number;
  }[];
}

/** What a broker answers to a request to read. */
export interface Fetched {
  readonly errorCode?: number;
  /** Zero, or absent, if the broker keeps no session. */
  readonly sessionId?: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

/** The part of kafkajs' `Runner` that is used here: the loop of a consumer. */
export interface Runner {
  readonly fetchManager: { getFetchers(): readonly Fetcher[] };
  fetch(nodeId: string): Promise<readonly Batch[]>;
}

/** The loop of a consumer that asks one broker. */
export interface Fetcher {
  /** All loops of a consumer have the same. */
  getWorkerQueue(): { getWorkers(): Worker[] };
}

/** Hands batches to the consumer, one after the other. */
export interface Worker {
  /**
   * Takes batches until there are none, and does nothing else while it does so.
   * @returns a promise of the end of that.
   */
  run(queue: { readonly next: () => unknown }): Promise<void>;
}
