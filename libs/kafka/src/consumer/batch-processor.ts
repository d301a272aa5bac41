import { setTimeout as delay } from 'node:timers/promises';

import type { EachBatchPayload } from 'kafkajs';
import { isObservable, lastValueFrom } from 'rxjs';

import type { OutgoingRecord } from '../records/outgoing-record.js';
import { type ReceivedRecord, toReceivedRecord } from '../records/received-record.js';
import type { RecordBatch } from './batch-handler.js';
import type { BatchTransportOptions } from './batch-transport-options.js';
import type { FetchedRange } from './group-consumer.js';
import type { Handler, HandledTopics } from './handled-topics.js';
import { whileBeating } from './heartbeats.js';
import type { OffsetWindow } from './offset-window.js';
import type { OwnedPartition } from './owned-partition.js';
import type { PartitionAssignment } from './partition-assignment.js';
import type { UnhandledRecords } from './unhandled-records.js';

/** A batch that arrived before its partition was restored is fetched again after this pause. */
const RESTORING_MS = 20;

/** The records of a batch, and where they were read. */
interface Work {
  readonly handler: Handler;
  readonly owned: OwnedPartition;
  /** The window that has taken the records. What is in progress counts only while it is the partition's. */
  readonly window: OffsetWindow;
  readonly payload: EachBatchPayload;
}

function valueBytes({ value }: ReceivedRecord): number {
  return value?.length ?? 0;
}

/** The result of handing records over once. */
type Tried =
  { readonly kind: 'handled' } | { readonly kind: 'again'; readonly from: bigint; readonly restMs: number };

/** Hands the batches that kafkajs fetches to their handlers. */
export class BatchProcessor {
  constructor(
    private readonly options: Pick<BatchTransportOptions, 'completion' | 'bytesOf'>,
    private readonly topics: HandledTopics,
    private readonly partitions: PartitionAssignment,
    private readonly unhandled: UnhandledRecords,
  ) {}

  /** Takes a batch for kafkajs' `eachBatch`. What it does not resolve there is fetched again. */
  async receive(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const owned = this.partitions.get(batch);
    if (!owned) return;
    const { window } = owned;
    if (window === null) {
      // The batch was fetched before the partition was paused. kafkajs fetches nothing more, for any
      // partition, until this returns.
      await delay(RESTORING_MS, undefined, { ref: false });
      return;
    }
    await owned.fenced;
    // Meanwhile a starting point was looked up, or the partition went to another instance, so this batch is
    // not the next one.
    if (payload.isStale() || owned.window !== window || owned.state === 'resting') return;
    const firstOffset = batch.firstOffset();
    const log = {
      firstOffset: firstOffset === null ? null : BigInt(firstOffset),
      highWatermark: BigInt(batch.highWatermark),
    };
    if (owned.isAnotherLog(log)) {
      this.partitions.beginAnew(owned, log.firstOffset ?? 0n);
      return;
    }
    const handler = this.topics.handlerOf(batch.topic);
    if (handler) await this.process({ handler, owned, window, payload });
  }

  /**
   * Takes a range for kafkajs' `END_BATCH_PROCESS`. kafkajs hands over nothing of a range that holds only
   * transaction markers or aborted records. It reports such a range from the offset that was asked for, see
   * `whole-ranges.ts`.
   * @param low where the log of the partition begins.
   */
  passRange(range: FetchedRange, low: bigint): void {
    const { batchSize, firstOffset, lastOffset } = range;
    if (batchSize > 0 || firstOffset === null) return;
    this.partitions.get(range)?.passRange(BigInt(firstOffset), BigInt(lastOffset) + 1n, low);
  }

  /** Hands the records over, all of them or a part at a time, until one of the parts must be tried again. */
  private async process(work: Work): Promise<void> {
    const { owned, window, payload } = work;
    const { batch } = payload;
    const { bytesOf = valueBytes } = this.options;
    const records = batch.messages
      .map(toReceivedRecord)
      .filter((record) => window.take(record.offset, bytesOf(record), record.timestamp));
    let at = 0;
    while (at < records.length) {
      const part = records.slice(at, at + owned.trials.together);
      const outcome = await this.tryOnce(work, part);
      // Another instance owns the partition by now, or this one owns it again: earlier reads say nothing
      // about where to continue.
      if (owned.window !== window) return;
      if (outcome.kind === 'again') {
        const { from, restMs } = outcome;
        window.giveBack(records.map(({ offset }) => offset).filter((offset) => offset >= from));
        if (from > BigInt(batch.firstOffset() ?? from)) payload.resolveOffset(String(from - 1n));
        owned.rest(restMs);
        return;
      }
      at += part.length;
    }
    if (records.length > 0) owned.adjustFlow();
    const last = batch.lastOffset();
    // Transaction markers may follow the last record.
    window.pass(BigInt(last) + 1n);
    payload.resolveOffset(last);
  }

  /** Hands records over once. @returns the offset from which they must be read again, if they must. */
  private async tryOnce(work: Work, records: readonly ReceivedRecord[]): Promise<Tried> {
    const { handler, owned, window, payload } = work;
    let paused: { offset: bigint; ms: number } | null = null as { offset: bigint; ms: number } | null;
    const batch: RecordBatch = {
      topic: owned.topic,
      partition: owned.partition,
      records,
      ack: (offset, outgoing = []) => this.ack(work, records, offset, outgoing),
      pauseAt: (offset, ms) => {
        paused = { offset, ms };
      },
      giveUp: (offset, error) => {
        const record = records.find((each) => each.offset === offset);
        if (record && owned.window === window) this.unhandled.giveUp(record, owned, error);
      },
      isStale: (offset) => owned.window !== window || (offset !== undefined && !window.isOpen(offset)),
    };
    const heartbeat = (): Promise<void> => payload.heartbeat();
    try {
      await whileBeating(heartbeat, async () => {
        const answer = await handler(batch);
        if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
      });
    } catch (error) {
      const restMs = await this.unhandled.afterFailure(error, owned, records, heartbeat);
      if (restMs !== null) return { kind: 'again', from: records[0]?.offset ?? window.next, restMs };
    }
    owned.trials.succeeded();
    owned.isPaused = paused !== null;
    if (paused) return { kind: 'again', from: paused.offset, restMs: paused.ms };
    if (this.options.completion === 'batch' && owned.window === window)
      for (const { offset } of records) window.done(offset);
    return { kind: 'handled' };
  }

  private ack(
    { owned, window }: Work,
    records: readonly ReceivedRecord[],
    offset: bigint,
    outgoing: readonly OutgoingRecord[],
  ): void {
    const { committer, topic, partition } = owned;
    if (committer) {
      if (owned.window !== window) return;
      committer.add(offset, outgoing, (error) => {
        const record = records.find((each) => each.offset === offset);
        return record ? this.unhandled.inPlaceOf(record, { topic, partition }, error) : [];
      });
      return;
    }
    if (outgoing.length > 0) throw new Error('records are written by transports with transactions only');
    owned.done(window, offset);
  }
}
