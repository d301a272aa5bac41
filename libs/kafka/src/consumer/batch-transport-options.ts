import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import type { RecordPlace } from '../records/decode-record.js';
import type { OutgoingRecord } from '../records/outgoing-record.js';
import type { ReceivedRecord } from '../records/received-record.js';
import type { UnreadGap } from './deleted-records.js';
import type { TopicPartition } from './topic-partition.js';
import type { UnitKeeper } from './unit-keeper.js';

/** The group of a {@link BatchTransport}, how it processes records, and its limits. */
export interface BatchTransportOptions {
  /** Distinguishes this transport from the others of its service; {@link BatchHandler} names it. */
  readonly id: symbol;
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly logger: Logger;
  /**
   * `batch`: a batch is processed when its handler's promise resolves. `record`: the handler returns at once
   * and later marks each record as processed.
   */
  readonly completion: 'batch' | 'record';
  /**
   * With completion by record: the commits and the resulting records are one transaction, see {@link
   * RecordBatch}. Topics of the `keeper` are excepted.
   */
  readonly transactions?: TransactionOptions;
  /**
   * With completion by record and co-partitioned topics: keeps the positions of its topics, and writes them together with
   * what becomes of the records. The group commits watermarks from time to time, for the lag and as a last resort.
   */
  readonly keeper?: UnitKeeper;
  /**
   * Whether this instance names a topic to its group now. It gets partitions only of topics that it names. When the answer
   * changes, {@link BatchTransport.joinAnew} tells the group. Default: all that have a handler.
   */
  readonly names?: (topic: string) => boolean;
  /** Partitions of the same number of all topics are assigned to the same instance. */
  readonly coPartitioned?: boolean;
  /**
   * The topics behind a pattern of {@link BatchHandler} that is not a topic's name, or a function that finds
   * them.
   */
  readonly topics?: Readonly<Record<string, readonly string[] | (() => Promise<readonly string[]>)>>;
  /**
   * With completion by record: how many records of a partition may be in progress before the partition is
   * paused. Default 1,000.
   */
  readonly maxInFlightPerPartition?: number;
  /**
   * The same limit for the memory that they take, bytes: see {@link bytesOf}. Default 8 MiB; the last fetch may exceed it by its
   * own size.
   */
  readonly maxInFlightBytesPerPartition?: number;
  /** The limits of the partitions of one topic, where they differ from the two above. */
  readonly inFlightOf?: (topic: string) => { readonly records: number; readonly bytes: number } | undefined;
  /** The memory that a record in progress takes, bytes. Default: the size of its value. */
  readonly bytesOf?: (record: ReceivedRecord) => number;
  /**
   * Lets the broker hold a fetch until there are this many bytes or this many ms have passed, for work that
   * is cheaper in large batches. Default: a fetch returns what is there at once.
   */
  readonly linger?: { readonly bytes: number; readonly ms: number };
  /**
   * Topics whose records may come some 200 ms late, so that those of the other topics cost less, see `fetch-in-turn.ts`.
   * Default: none.
   */
  readonly mayWait?: (topic: string) => boolean;
  /**
   * Topics whose records are not needed after they are processed: these records are deleted from time to
   * time, to save space.
   */
  readonly trimmed?: readonly string[];
  /**
   * Where to continue in newly assigned partitions, if the group's commits do not hold the true position.
   * Partitions that the answer leaves out continue at their commits.
   */
  readonly startingOffsets?: (
    assigned: readonly TopicPartition[],
  ) => Promise<(TopicPartition & { offset: bigint })[]>;
  /**
   * `together`: partitions that are assigned together begin together, after one question for all of them.
   * `apart`: each begins as soon as it can, so that none waits for another. Default: apart.
   */
  readonly begin?: 'apart' | 'together';
  /**
   * Finishes work before partitions move that their next owners would repeat otherwise, see {@link
   * RebalanceListener}.
   */
  readonly rebalance?: RebalanceListener;
  /** After this time without progress a partition is a {@link BatchTransport.problem}, ms. Default 60,000. */
  readonly stuckAfterMs?: number;
  /** What happens to records that cannot be handled. Default: they are tried for ever. */
  readonly unhandled?: UnhandledOptions;
  /** Called when partitions are assigned to this instance or taken from it. */
  readonly onAssignment?: (change: { gained: TopicPartition[]; lost: TopicPartition[] }) => void;
  /** Called when a partition of this instance starts again because its topic was deleted and recreated. */
  readonly onAnotherLog?: (partition: TopicPartition) => void;
  /**
   * Called when records of a partition were deleted before this group had read them. The group continues
   * behind them afterwards.
   */
  readonly onGap?: (gap: UnreadGap) => Promise<void>;
}

/**
 * For work whose effects Kafka cannot undo, and which the next owner of a partition repeats if it is not
 * committed.
 */
export interface RebalanceListener {
  /**
   * The group rebalances: begin nothing until {@link released}. Resolves when the work in progress has ended.
   */
  readonly begins: () => Promise<void>;
  /** The new owners are known, or waiting for them takes too long. It may be called several times. */
  readonly released: () => void;
  /** The group has formed, and the assignment is applied. */
  readonly formed?: () => void;
}

/**
 * Puts a record that cannot be handled aside after a bounded number of tries, so that the records behind it
 * are processed.
 */
export interface UnhandledOptions {
  /**
   * Whether the records themselves cause the error, so that waiting does not help. Default: {@link
   * isRecordFault}.
   */
  readonly isRecordFault?: (error: unknown) => boolean;
  /** Without transactions: stores a record elsewhere. If this fails, the record is tried again. */
  readonly putAside?: (record: ReceivedRecord, place: RecordPlace, error: unknown) => Promise<void>;
  /**
   * With transactions: what to write for a record on which the handler throws, or whose outgoing records the
   * brokers refuse for good. The alternatives are tried in order.
   */
  readonly inPlaceOf?: (
    record: ReceivedRecord,
    place: RecordPlace,
    error: unknown,
  ) => readonly OutgoingRecord[];
}

/** How outcomes are written in transactions. */
export interface TransactionOptions {
  /** A client whose retries suit transactions. */
  readonly kafka: Kafka;
  /** How long processed records wait for others before their transaction begins, ms. */
  readonly lingerMs: number;
  /** What is different for a topic. */
  readonly ofTopic?: (topic: string) => Partial<TopicTransactions>;
}

/** How the outcomes of one topic's records are written. */
export interface TopicTransactions {
  /** See {@link TransactionOptions.lingerMs}. */
  readonly lingerMs: number;
  /**
   * The groups that get the positions, with each transaction. The commit of the first one counts, and its name is in the
   * transactional ids, so instances that read the topic in that group alone can follow. Kafka forgets the commits of a group
   * that has had no members for a week: then that of the next group counts. Default: the group of the transport.
   */
  readonly groupIds: readonly string[];
}
