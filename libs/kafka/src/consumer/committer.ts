import type { Instead } from '../records/after-refusal.js';
import type { OutgoingRecord } from '../records/outgoing-record.js';
import type { OffsetWindow } from './offset-window.js';

/** Writes what becomes of the records of one partition, together with how far the partition is processed. */
export interface Committer {
  /** Since when it cannot write what it was given, ms since the epoch; null while it can. */
  readonly failingSince: number | null;
  /** Takes the partition over: no former owner writes after that. */
  open(): Promise<void>;
  /** The window whose records are processed once what becomes of them is written. */
  attach(window: OffsetWindow): void;
  /**
   * Adds what becomes of a record.
   * @param instead alternatives, if Kafka refuses these records for good.
   */
  add(offset: bigint, records: readonly OutgoingRecord[], instead?: Instead<OutgoingRecord>): void;
  /** Resolves when everything that was added is written, or the partition is given up. */
  flush(): Promise<void>;
  /** Gives the partition up. */
  close(): Promise<void>;
}
