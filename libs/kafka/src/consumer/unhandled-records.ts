import type { Logger } from '@skillora/operability';

import { KafkaMetrics } from '../client/kafka-metrics.js';
import type { RecordPlace } from '../records/decode-record.js';
import type { OutgoingRecord } from '../records/outgoing-record.js';
import type { ReceivedRecord } from '../records/received-record.js';
import { isRecordFault } from '../records/record-fault.js';
import type { UnhandledOptions } from './batch-transport-options.js';
import { whileBeating } from './heartbeats.js';
import type { OwnedPartition } from './owned-partition.js';

/**
 * Deals with records that cannot be handled. They are tried again, in smaller and smaller parts if one of them
 * is the cause, until that one is put aside.
 */
export class UnhandledRecords {
  constructor(
    private readonly groupId: string,
    private readonly options: UnhandledOptions,
    private readonly logger: Logger,
  ) {}

  /**
   * Decides about records that a handler threw on.
   * @returns after how many ms they are read again; null when the only record among them was put aside.
   */
  async afterFailure(
    error: unknown,
    owned: OwnedPartition,
    records: readonly ReceivedRecord[],
    heartbeat: () => Promise<void>,
  ): Promise<number | null> {
    const { topic, partition, trials, committer } = owned;
    const { putAside, isRecordFault: isTheirs = isRecordFault } = this.options;
    const [first] = records;
    const { restMs, givesUp } = trials.failed(records.length, isTheirs(error), Date.now());
    const place = { topic, partition, offset: String(first?.offset) };
    KafkaMetrics.batchFailed(this.groupId, topic);
    this.logger.error(
      { err: error, ...place, records: records.length },
      'a batch could not be handled. The same records are tried again, and the rest of the partition waits behind them. Fix what the error names',
    );
    if (!givesUp || !first || owned.window === null) return restMs;
    if (committer) return this.giveUp(first, owned, error) ? null : restMs;
    if (!putAside) return restMs;
    try {
      await whileBeating(heartbeat, () => putAside(first, { topic, partition }, error));
    } catch (failure) {
      this.logger.error(
        { err: failure, ...place },
        'a record could not be written to the dead-letter topic; trying again. Fix what the error names',
      );
      return restMs;
    }
    this.report(error, owned, first);
    return null;
  }

  /**
   * Puts a record aside in the transaction that commits it.
   * @returns whether something is written in place of the record's own outgoing records.
   */
  giveUp(record: ReceivedRecord, { topic, partition, committer }: OwnedPartition, error: unknown): boolean {
    const [whole, ...others] = this.inPlaceOf(record, { topic, partition }, error);
    if (!whole || !committer) return false;
    committer.add(record.offset, [whole], () => others);
    return true;
  }

  /** What to write for a record whose own outgoing records cannot be written; the alternatives in order. */
  inPlaceOf(record: ReceivedRecord, place: RecordPlace, error: unknown): readonly OutgoingRecord[] {
    const instead = this.options.inPlaceOf?.(record, place, error) ?? [];
    if (instead.length > 0) this.report(error, place, record);
    return instead;
  }

  private report(error: unknown, { topic, partition }: RecordPlace, { offset }: ReceivedRecord): void {
    KafkaMetrics.recordUnhandled(this.groupId, topic);
    this.logger.error(
      { err: error, topic, partition, offset: String(offset) },
      'a record could not be handled. It goes to a dead-letter topic, and the records behind it are processed. Report the error, and see RecordsUnhandled in docs/operations.md',
    );
  }
}
