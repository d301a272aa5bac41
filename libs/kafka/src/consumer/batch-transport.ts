import { setTimeout as delay } from 'node:timers/promises';

import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { Logger } from '@skillora/operability';
import type { Admin, EachBatchPayload } from 'kafkajs';
import { isObservable, lastValueFrom } from 'rxjs';

import type { RecordBatch } from './batch-handler.js';
import type { BatchTransportOptions } from './batch-transport-options.js';
import { reportLag, type TopicLag } from './consumer-lag.js';
import type { RecordPlace } from '../records/decode-record.js';
import { watchForDeletedRecords } from './deleted-records.js';
import { type Handler, HandledTopics } from './handled-topics.js';
import { whileBeating } from './heartbeats.js';
import { KafkaMetrics } from '../client/kafka-metrics.js';
import { OffsetWindow, type WindowCommit } from './offset-window.js';
import { type FetchedRange, GroupConsumer } from './group-consumer.js';
import type { OutgoingRecord } from '../records/outgoing-record.js';
import { partitionLag, type Unread, unreadSince } from './partition-lag.js';
import { PartitionOutbox } from './partition-outbox.js';
import { type ReceivedRecord, toReceivedRecord } from '../records/received-record.js';
import { isRecordFault } from '../records/record-fault.js';
import { stickyAssigner } from './sticky-assignor.js';
import { partitionKey, type TopicPartition } from './topic-partition.js';
import { Trials } from './trials.js';

/** A partition that makes no progress for this long although it should is reported by `problem`. */
const PARTITION_STUCK_MS = 60_000;
const TRIM_MS = 60_000;
/** How often the end offsets of the topics are read, for the lag. */
const LAG_MS = 10_000;
/** Finished work is written before an instance leaves, for this long at most if the brokers do not answer. */
const LAST_FLUSH_MS = 5_000;
const COMMIT_INTERVAL_MS = 250;
/** The longest time that the group waits for an instance to finish its work before a rebalance. */
const HANDOVER_MS = 1_000;
/**
 * The group may wait longer than that for a member that was killed. Partitions that do not move must not be
 * affected, so work continues after this time.
 */
const HELD_MS = 1_800;
/** The longest delay before a request goes to a new leader or coordinator. */
const MAX_BACKOFF_MS = 1_000;
/** A batch that arrived before its partition was restored is fetched again after this pause. */
const RESTORING_MS = 20;
const MAX_IN_FLIGHT = 1_000;
const MAX_IN_FLIGHT_BYTES = 8 * 1_024 * 1_024;

interface OwnedPartition extends TopicPartition {
  /** Null until the position to read from is known, and after another instance has taken the partition. */
  window: OffsetWindow | null;
  restored: Promise<OffsetWindow>;
  /** Paused because its window is full. */
  paused: boolean;
  /** Set while the partition pauses after a failure, until the same batch is tried again. */
  rest: NodeJS.Timeout | null;
  /** How its records are handed over, and how often this failed. */
  readonly trials: Trials;
  /** When this instance got the partition, ms since the epoch. */
  readonly gainedAt: number;
  /** Since when the partition has records that are not read although they should be. */
  unread: Unread | null;
  /** Its handler asked to get the last records again later. */
  putsOff: boolean;
  committed: WindowCommit | null;
  /** The highest offset that Kafka has acknowledged as committed by this instance. */
  acknowledged: bigint;
  /**
   * The same at the time when the group was last joined. kafkajs continues there or later, so a lower offset
   * means that the topic was recreated.
   */
  floor: bigint;
  readonly outbox: PartitionOutbox | null;
}

/**
 * A NestJS transport over kafkajs' `eachBatch`. Nest's own transport hands over message by message and does
 * not allow control over commits (nestjs/nest #9455).
 *
 * The transport keeps an {@link OffsetWindow} for each partition. It commits on a timer, before a rebalance
 * and at the end. It keeps working on partitions that do not move in a rebalance, and pauses a partition
 * whose window is full. It replaces a consumer that ended for good (kafkajs #659).
 */
export class BatchTransport extends Server implements CustomTransportStrategy {
  private readonly log: Logger;
  private readonly partitions = new Map<string, OwnedPartition>();
  private readonly topics: HandledTopics;
  private readonly admin: Admin;
  private readonly consumer: GroupConsumer;
  private committer: NodeJS.Timeout | null = null;
  private committing: Promise<void> = Promise.resolve();
  private trimmer: NodeJS.Timeout | null = null;
  private lagLook: NodeJS.Timeout | null = null;
  private lookingAtEnds = false;
  /** The first and last offsets of the topics' partitions, as last read. */
  private readonly ends = new Map<string, { low: bigint; high: bigint }>();
  private stopReporting: (() => void) | null = null;
  private stopWatching: (() => void) | null = null;
  /** Runs while no work is begun because the group rebalances. */
  private held: NodeJS.Timeout | null = null;
  /** Aborted once no more records are taken. */
  private readonly closer = new AbortController();
  private memberId: string | null = null;

  constructor(private readonly options: BatchTransportOptions) {
    super();
    this.transportId = options.id;
    this.log = options.logger.child({ group: options.groupId });
    this.topics = new HandledTopics(this.messageHandlers, options.topics);
    this.admin = options.kafka.admin();
    this.consumer = new GroupConsumer({
      kafka: options.kafka,
      groupId: options.groupId,
      topics: this.topics,
      admin: this.admin,
      logger: this.log,
      gather: options.gather,
      assigner: stickyAssigner(() => [...this.partitions.values()], options.coPartitioned ?? false),
      closing: this.closer.signal,
      beforeJoin: () => this.handOver(),
      onJoin: (memberId, assignment) => this.assigned(memberId, assignment),
      // Transports with transactions commit before they join, see `handOver`.
      ...(options.transactions ? {} : { onRebalance: () => void this.commit() }),
      onRange: (range) => this.passMarkers(range),
      onBatch: (payload) => this.receive(payload),
    });
  }

  private get closing(): boolean {
    return this.closer.signal.aborted;
  }

  /** True while the consumer is a member of its group and the group answers. */
  get ready(): boolean {
    return this.consumer.ready;
  }

  /**
   * Null while this consumer works; else one sentence that says what it waits for: its group, or a partition
   * that has made no progress for long although it should.
   */
  get problem(): string | null {
    if (!this.ready) return 'joining the consumer group';
    const now = Date.now();
    for (const entry of this.partitions.values()) {
      const ms = this.stuckMs(entry, now);
      if (ms < (this.options.stuckAfterMs ?? PARTITION_STUCK_MS)) continue;
      return `partition ${entry.partition} of ${entry.topic} has come no further for ${Math.floor(ms / 1_000)} s; the log says why`;
    }
    return null;
  }

  /** How many records are in progress, over all partitions. */
  get inFlight(): number {
    let sum = 0;
    for (const { window } of this.partitions.values()) sum += window?.inFlight ?? 0;
    return sum;
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Stops taking records. Work in progress continues, and {@link close} still commits it. */
  stopTaking(): void {
    this.closer.abort();
    for (const partition of this.partitions.values()) this.applyFlow(partition);
  }

  async close(): Promise<void> {
    this.closer.abort();
    if (this.committer) clearInterval(this.committer);
    if (this.trimmer) clearInterval(this.trimmer);
    if (this.lagLook) clearInterval(this.lagLook);
    this.stopReporting?.();
    this.stopWatching?.();
    if (this.held) clearTimeout(this.held);
    for (const { rest } of this.partitions.values()) if (rest) clearTimeout(rest);
    await this.commit();
    await this.closeOutboxes();
    await this.consumer.close();
    await this.admin.disconnect().catch(() => undefined);
    this.partitions.clear();
  }

  override on(): void {
    throw new Error('BatchTransport has no events; see BatchTransportOptions.onAssignment');
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- Nest's signature
  override unwrap<T>(): T {
    return this.consumer.current as T;
  }

  private async start(): Promise<void> {
    const { groupId } = this.options;
    await this.topics.find();
    KafkaMetrics.consumerStarts(groupId, this.topics.all);
    this.stopReporting = reportLag({ groupId, lag: () => this.lag() });
    this.stopWatching = watchForDeletedRecords({ ...this.options, logger: this.log });
    await this.admin.connect();
    await this.consumer.start();
    this.trimmer = setInterval(() => void this.trim(), TRIM_MS);
    this.trimmer.unref();
    this.lagLook = setInterval(() => void this.lookAtEnds(), LAG_MS);
    this.lagLook.unref();
    if (!this.options.transactions) {
      this.committer = setInterval(() => void this.commit(), COMMIT_INTERVAL_MS);
      this.committer.unref();
    }
  }

  /**
   * Before the group is joined again, work in progress gets some time to end and be committed, so that the
   * next owners do not repeat it.
   */
  private async handOver(): Promise<void> {
    const { handover, transactions } = this.options;
    if (!transactions || this.closing || this.partitions.size === 0) return;
    if (handover) {
      if (this.held) clearTimeout(this.held);
      this.held = setTimeout(() => this.release(), HELD_MS);
      this.held.unref();
    }
    const done = (async () => {
      await handover?.begins();
      await this.commit();
    })();
    done.catch((error: unknown) =>
      this.log.warn(
        { err: error },
        'some partitions were not released in order. Other instances may repeat records of these partitions',
      ),
    );
    await Promise.race([done.catch(() => undefined), delay(HANDOVER_MS, undefined, { ref: false })]);
  }

  private release(): void {
    if (this.held) clearTimeout(this.held);
    this.held = null;
    this.options.handover?.released();
  }

  /** Deletes committed records of the topics that are to be trimmed. */
  private async trim(): Promise<void> {
    for (const topic of this.options.trimmed ?? []) {
      const partitions = [...this.partitions.values()]
        .filter((each) => each.topic === topic && each.acknowledged > 0n)
        .map(({ partition, acknowledged }) => ({ partition, offset: String(acknowledged) }));
      if (partitions.length === 0) continue;
      try {
        await this.admin.deleteTopicRecords({ topic, partitions });
      } catch (error) {
        this.log.debug(
          { err: error, topic },
          'finished records of a topic could not be deleted; trying again later',
        );
      }
    }
  }

  /**
   * Reads the end offsets of the topics, for the lag: a paused partition does not learn its end from fetches.
   */
  private async lookAtEnds(): Promise<void> {
    if (this.lookingAtEnds || this.closing) return;
    this.lookingAtEnds = true;
    try {
      for (const topic of this.topics.all) {
        for (const { partition, low, high } of await this.admin.fetchTopicOffsets(topic)) {
          this.ends.set(partitionKey(topic, partition), { low: BigInt(low), high: BigInt(high) });
        }
      }
      const now = Date.now();
      for (const entry of this.partitions.values()) this.lookForUnread(entry, now);
    } catch (error) {
      this.log.debug({ err: error }, 'the end offsets of the topics could not be read; trying again later');
    } finally {
      this.lookingAtEnds = false;
    }
  }

  private lookForUnread(entry: OwnedPartition, now: number): void {
    const { topic, partition, window, paused, putsOff, rest } = entry;
    const end = this.ends.get(partitionKey(topic, partition));
    const isToBeRead = window !== null && !paused && !putsOff && rest === null && !this.closing;
    if (!isToBeRead || !end) entry.unread = null;
    else entry.unread = unreadSince(entry.unread, window.next, end.high, now);
  }

  /** How long a partition has made no progress although it should, ms. */
  private stuckMs({ window, gainedAt, trials, outbox, unread }: OwnedPartition, now: number): number {
    const takenOver = window === null ? gainedAt : now;
    const read = window !== null && unread?.offset === window.next ? unread.since : now;
    return now - Math.min(takenOver, read, trials.failingSince ?? now, outbox?.failingSince ?? now);
  }

  /** The lag of this instance, by topic. */
  private lag(): Iterable<TopicLag> {
    const now = Date.now();
    const byTopic = new Map<string, TopicLag>(
      this.topics.all.map((topic) => [topic, { topic, records: 0, seconds: 0, stuckSeconds: 0 }]),
    );
    for (const entry of this.partitions.values()) {
      const { topic, partition, window, unread } = entry;
      const known = byTopic.get(topic);
      if (!known) continue;
      const end = this.ends.get(partitionKey(topic, partition)) ?? { low: 0n, high: 0n };
      const { records, seconds } = window
        ? partitionLag({ ...stateOf(window), end, unread }, now)
        : { records: 0, seconds: 0 };
      byTopic.set(topic, {
        topic,
        records: known.records + records,
        seconds: Math.max(known.seconds, seconds),
        stuckSeconds: Math.max(known.stuckSeconds, this.stuckMs(entry, now) / 1_000),
      });
    }
    return byTopic.values();
  }

  /** Applies the group's assignment. Partitions that stay keep their windows. */
  private assigned(memberId: string, assignment: Record<string, number[]>): void {
    const owned = Object.entries(assignment).flatMap(([topic, partitions]) =>
      partitions.map((partition): TopicPartition => ({ topic, partition })),
    );
    const keys = new Set(owned.map(({ topic, partition }) => partitionKey(topic, partition)));
    // A member that had to join again was considered dead, and others may have worked on its partitions
    // meanwhile.
    const isNewMember = this.memberId !== memberId;
    this.memberId = memberId;
    const lost: TopicPartition[] = [];
    for (const [key, partition] of this.partitions) {
      if (keys.has(key) && !isNewMember) continue;
      this.lose(key, partition);
      lost.push({ topic: partition.topic, partition: partition.partition });
    }
    const gained = owned.filter(
      ({ topic, partition }) => !this.partitions.has(partitionKey(topic, partition)),
    );
    if (this.options.begin === 'together') this.gain(gained);
    else for (const together of this.beginningTogether(gained)) this.gain(together);
    // kafkajs remembers paused partitions when a partition is lost and returns, but not in a new consumer.
    for (const partition of this.partitions.values()) {
      partition.floor = partition.acknowledged;
      this.applyFlow(partition);
    }
    this.log.info({ gained, lost, owned: owned.length }, 'partitions assigned');
    if (gained.length > 0 || lost.length > 0) this.options.onAssignment?.({ gained, lost });
    if (this.held) this.release();
  }

  /**
   * Takes partitions over: each by itself, or those of one number together. Records of one of them may lead
   * to records in another, which must wait until the former owner no longer writes there.
   */
  private beginningTogether(gained: readonly TopicPartition[]): TopicPartition[][] {
    if (!this.options.coPartitioned) return gained.map((each) => [each]);
    return [...Map.groupBy(gained, ({ partition }) => partition).values()];
  }

  /** Takes partitions over. They are read once the position to read from is known. */
  private gain(gained: readonly TopicPartition[]): void {
    const outboxes = gained.map((each) => this.outbox(each));
    // The former owner of a partition must have written its last commit before the commit is read.
    const takenOver = outboxes.filter((outbox) => outbox !== null).map((outbox) => this.takeOver(outbox));
    const starts = Promise.all(takenOver).then(() => this.startingPoints(gained));
    for (const [index, { topic, partition }] of gained.entries()) {
      const key = partitionKey(topic, partition);
      const outbox = outboxes[index] ?? null;
      const entry: OwnedPartition = {
        topic,
        partition,
        window: null,
        paused: false,
        rest: null,
        trials: new Trials(),
        gainedAt: Date.now(),
        unread: null,
        putsOff: false,
        committed: null,
        acknowledged: 0n,
        floor: 0n,
        outbox,
        restored: starts.then((byPartition) => {
          const window = new OffsetWindow(byPartition.get(key) ?? NOTHING_COMMITTED);
          if (this.partitions.get(key) !== entry) return window;
          entry.window = window;
          outbox?.attach(window);
          this.applyFlow(entry);
          return window;
        }),
      };
      entry.restored.catch(() => undefined);
      this.partitions.set(key, entry);
    }
  }

  private lose(key: string, partition: OwnedPartition): void {
    partition.window = null;
    if (partition.rest) clearTimeout(partition.rest);
    this.partitions.delete(key);
    void partition.outbox?.close();
  }

  private outbox({ topic, partition }: TopicPartition): PartitionOutbox | null {
    const { transactions, groupId } = this.options;
    if (!transactions) return null;
    return new PartitionOutbox({
      kafka: transactions.kafka,
      transactionalId: `${groupId}-${topic}-${partition}`,
      groupId,
      topic,
      partition,
      gatherMs: transactions.gatherMs,
      logger: this.log,
      readCommit: async () => {
        const points = await this.readStartingPoints([{ topic, partition }]);
        return points.get(partitionKey(topic, partition)) ?? NOTHING_COMMITTED;
      },
      onCommit: (offset) => {
        const entry = this.partitions.get(partitionKey(topic, partition));
        if (!entry) return;
        entry.acknowledged = offset;
        if (entry.paused) this.adjustFlow(entry);
      },
    });
  }

  private async takeOver(outbox: PartitionOutbox): Promise<void> {
    for (let attempt = 0; !this.closing; attempt += 1) {
      try {
        await outbox.open();
        return;
      } catch (error) {
        this.log.warn(
          { err: error, attempt },
          'a partition could not be taken over; trying again. If this repeats, fix what the error names',
        );
        await delay(Math.min(MAX_BACKOFF_MS, 100 * 2 ** attempt), undefined, { ref: false });
      }
    }
  }

  private async closeOutboxes(): Promise<void> {
    const outboxes = [...this.partitions.values()].map(async ({ outbox }) => {
      await outbox?.flush();
      await outbox?.close();
    });
    await Promise.race([Promise.all(outboxes), delay(LAST_FLUSH_MS, undefined, { ref: false })]);
  }

  /** Asks until there is an answer: without one, these partitions could never be read. */
  private async startingPoints(gained: readonly TopicPartition[]): Promise<Map<string, WindowCommit>> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.readStartingPoints(gained);
      } catch (error) {
        if (this.closing) throw error;
        this.log.warn(
          { err: error, attempt },
          'the committed offset of a partition could not be read; trying again. If this repeats, check the brokers',
        );
        await delay(Math.min(MAX_BACKOFF_MS, 100 * 2 ** attempt), undefined, { ref: false });
      }
    }
  }

  private async readStartingPoints(gained: readonly TopicPartition[]): Promise<Map<string, WindowCommit>> {
    const points = new Map<string, WindowCommit>();
    if (gained.length === 0) return points;
    for (const { topic, partition, offset } of (await this.options.startingOffsets?.(gained)) ?? []) {
      points.set(partitionKey(topic, partition), { offset, metadata: '' });
      this.consumer.current?.seek({ topic, partition, offset: String(offset) });
    }
    if (points.size === gained.length) return points;
    const topics = [...new Set(gained.map(({ topic }) => topic))];
    const committed = await this.admin.fetchOffsets({ groupId: this.options.groupId, topics });
    for (const { topic, partitions } of committed) {
      for (const { partition, offset, metadata } of partitions) {
        if (BigInt(offset) < 0n || points.has(partitionKey(topic, partition))) continue;
        points.set(partitionKey(topic, partition), { offset: BigInt(offset), metadata: metadata ?? '' });
      }
    }
    // A partition that the group has never read begins at the start of its log. Records that were deleted
    // earlier are no loss for this group.
    const unread = gained.filter(({ topic, partition }) => !points.has(partitionKey(topic, partition)));
    for (const topic of new Set(unread.map((each) => each.topic))) {
      for (const { partition, low } of await this.admin.fetchTopicOffsets(topic)) {
        const key = partitionKey(topic, partition);
        if (!points.has(key)) points.set(key, { offset: BigInt(low), metadata: '' });
      }
    }
    return points;
  }

  private async receive(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const entry = this.partitions.get(partitionKey(batch.topic, batch.partition));
    if (!entry) return;
    if (entry.window === null) {
      // The batch was fetched before the partition was paused. kafkajs fetches nothing more, for any
      // partition, until this returns.
      await delay(RESTORING_MS, undefined, { ref: false });
      return;
    }
    const window = await entry.restored;
    // Meanwhile a starting point was looked up, or the partition went to another instance, so this batch is
    // not the next one.
    if (payload.isStale() || entry.window !== window || entry.rest !== null) return;
    if (this.isAnotherLog(payload, entry, window)) {
      this.beginAnew(entry, BigInt(batch.firstOffset() ?? 0));
      return;
    }
    const handler = this.topics.handlerOf(batch.topic);
    if (!handler) return;
    const records = batch.messages
      .map(toReceivedRecord)
      .filter(({ offset, value, timestamp }) => window.take(offset, value?.length ?? 0, timestamp));
    let at = 0;
    while (at < records.length) {
      const part = records.slice(at, at + entry.trials.together);
      const outcome = await this.tryOnce(handler, part, entry, window, payload);
      // Another instance owns the partition by now, or this one owns it again: earlier reads say nothing
      // about where to continue.
      if (entry.window !== window) return;
      if (outcome.kind === 'handled') {
        at += part.length;
        continue;
      }
      const { from, restMs } = outcome;
      window.giveBack(records.map(({ offset }) => offset).filter((offset) => offset >= from));
      if (from > BigInt(batch.firstOffset() ?? from)) payload.resolveOffset(String(from - 1n));
      this.rest(entry, restMs);
      return;
    }
    if (records.length > 0) this.adjustFlow(entry);
    const last = batch.lastOffset();
    // Transaction markers may follow the last record.
    window.pass(BigInt(last) + 1n);
    payload.resolveOffset(last);
  }

  /** Hands records over once. @returns the offset from which they must be read again, if they must. */
  private async tryOnce(
    handler: Handler,
    records: readonly ReceivedRecord[],
    entry: OwnedPartition,
    window: OffsetWindow,
    payload: EachBatchPayload,
  ): Promise<Tried> {
    const { topic, partition } = entry;
    let putOff: { offset: bigint; ms: number } | null = null as { offset: bigint; ms: number } | null;
    const work: RecordBatch = {
      topic,
      partition,
      records,
      done: (offset, outgoing = []) => this.done(entry, window, records, offset, outgoing),
      putOff: (offset, ms) => {
        putOff = { offset, ms };
      },
      giveUp: (offset, error) => {
        const record = records.find((each) => each.offset === offset);
        if (record && entry.window === window) this.giveUp(record, entry, error);
      },
      isStale: () => entry.window !== window,
    };
    const heartbeat = (): Promise<void> => payload.heartbeat();
    try {
      await whileBeating(heartbeat, async () => {
        const answer = await handler(work);
        if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
      });
    } catch (error) {
      const restMs = await this.afterFailure(error, entry, records, heartbeat);
      if (restMs !== null) return { kind: 'again', from: records[0]?.offset ?? window.next, restMs };
    }
    entry.trials.succeeded();
    entry.putsOff = putOff !== null;
    if (putOff) return { kind: 'again', from: putOff.offset, restMs: putOff.ms };
    if (this.options.completion === 'batch' && entry.window === window)
      for (const { offset } of records) window.done(offset);
    return { kind: 'handled' };
  }

  private done(
    entry: OwnedPartition,
    window: OffsetWindow,
    records: readonly ReceivedRecord[],
    offset: bigint,
    outgoing: readonly OutgoingRecord[],
  ): void {
    const { outbox } = entry;
    if (outbox) {
      if (entry.window !== window) return;
      const { topic, partition } = entry;
      outbox.add(offset, outgoing, (error) => {
        const record = records.find((each) => each.offset === offset);
        return record ? this.inPlaceOf(record, { topic, partition }, error) : [];
      });
      return;
    }
    if (outgoing.length > 0) throw new Error('records are written by transports with transactions only');
    window.done(offset);
    if (entry.paused && entry.window === window) this.adjustFlow(entry);
  }

  /** True when the topic was deleted and recreated: it then begins below what was read of the former one. */
  private isAnotherLog({ batch }: EachBatchPayload, entry: OwnedPartition, window: OffsetWindow): boolean {
    return (
      BigInt(batch.firstOffset() ?? entry.floor) < entry.floor || BigInt(batch.highWatermark) < window.next
    );
  }

  private beginAnew(entry: OwnedPartition, offset: bigint): void {
    const { topic, partition } = entry;
    this.log.error(
      { topic, partition, offset: String(offset), readTo: String(entry.window?.next) },
      'a partition ends before the offset that was already read, so its topic was recreated. The consumer reads the new topic from the offset named here',
    );
    this.lose(partitionKey(topic, partition), entry);
    this.options.onAnotherLog?.({ topic, partition });
    const outbox = this.outbox(entry);
    const window = new OffsetWindow({ offset, metadata: '' });
    outbox?.attach(window);
    const restored = (outbox ? this.takeOver(outbox) : Promise.resolve()).then(() => window);
    const fresh: OwnedPartition = {
      ...entry,
      window,
      restored,
      outbox,
      paused: false,
      rest: null,
      trials: new Trials(),
      gainedAt: Date.now(),
      unread: null,
      putsOff: false,
      committed: null,
      acknowledged: 0n,
      floor: 0n,
    };
    this.partitions.set(partitionKey(topic, partition), fresh);
    this.consumer.current?.seek({ topic, partition, offset: String(offset) });
    this.applyFlow(fresh);
  }

  /**
   * Decides about records that could not be handled. They are tried again, in smaller and smaller parts if
   * one of them is the cause, until that one is put aside.
   * @returns after how many ms they are read again; null when the only record of the batch was put aside.
   */
  private async afterFailure(
    error: unknown,
    entry: OwnedPartition,
    records: readonly ReceivedRecord[],
    heartbeat: () => Promise<void>,
  ): Promise<number | null> {
    const { topic, partition, trials, outbox } = entry;
    const { putAside, isRecordFault: isTheirs = isRecordFault } = this.options.unhandled ?? {};
    const [first] = records;
    const { restMs, givesUp } = trials.failed(records.length, isTheirs(error), Date.now());
    const place = { topic, partition, offset: String(first?.offset) };
    KafkaMetrics.batchFailed(this.options.groupId, topic);
    this.log.error(
      { err: error, ...place, records: records.length },
      'a batch could not be handled. The same records are tried again, and the rest of the partition waits behind them. Fix what the error names',
    );
    if (!givesUp || !first || entry.window === null) return restMs;
    if (outbox) return this.giveUp(first, entry, error) ? null : restMs;
    if (!putAside) return restMs;
    try {
      await whileBeating(heartbeat, () => putAside(first, { topic, partition }, error));
    } catch (failure) {
      this.log.error(
        { err: failure, ...place },
        'a record could not be written to the dead-letter topic; trying again. Fix what the error names',
      );
      return restMs;
    }
    this.tellUnhandled(error, entry, first);
    return null;
  }

  /** @returns whether something is written in place of the record's own outgoing records. */
  private giveUp(
    record: ReceivedRecord,
    { topic, partition, outbox }: OwnedPartition,
    error: unknown,
  ): boolean {
    const [whole, ...others] = this.inPlaceOf(record, { topic, partition }, error);
    if (!whole || !outbox) return false;
    outbox.add(record.offset, [whole], () => others);
    return true;
  }

  private inPlaceOf(record: ReceivedRecord, place: RecordPlace, error: unknown): readonly OutgoingRecord[] {
    const instead = this.options.unhandled?.inPlaceOf?.(record, place, error) ?? [];
    if (instead.length > 0) this.tellUnhandled(error, place, record);
    return instead;
  }

  private tellUnhandled(error: unknown, { topic, partition }: RecordPlace, { offset }: ReceivedRecord): void {
    KafkaMetrics.recordUnhandled(this.options.groupId, topic);
    this.log.error(
      { err: error, topic, partition, offset: String(offset) },
      'a record could not be handled. It goes to a dead-letter topic, and the records behind it are processed. Report the error, and see RecordsUnhandled in docs/operations.md',
    );
  }

  /**
   * kafkajs hands over nothing of a range that holds only transaction markers or aborted records. It reports
   * such a range from the offset that was asked for, see `whole-ranges.ts`.
   */
  private passMarkers({ topic, partition, batchSize, firstOffset, lastOffset }: FetchedRange): void {
    const key = partitionKey(topic, partition);
    const window = this.partitions.get(key)?.window;
    if (!window || batchSize > 0 || firstOffset === null) return;
    // If a range was fetched before this instance began elsewhere in the partition, it does not follow what
    // was read.
    const low = this.ends.get(key)?.low ?? 0n;
    const follows = BigInt(firstOffset) <= (window.next > low ? window.next : low);
    if (follows) window.pass(BigInt(lastOffset) + 1n);
  }

  /** Reads nothing of a partition for a while. */
  private rest(entry: OwnedPartition, ms: number): void {
    if (this.closing || entry.window === null) return;
    entry.rest = setTimeout(() => {
      entry.rest = null;
      this.applyFlow(entry);
    }, ms);
    entry.rest.unref();
    this.applyFlow(entry);
  }

  /** Pauses a partition whose window is full, and resumes it when half of it is processed. */
  private adjustFlow(entry: OwnedPartition): void {
    const { window } = entry;
    if (!window || this.options.completion === 'batch') return;
    const { maxInFlightPerPartition: limit = MAX_IN_FLIGHT } = this.options;
    const { maxInFlightBytesPerPartition: limitBytes = MAX_IN_FLIGHT_BYTES } = this.options;
    const { inFlight, inFlightBytes } = window;
    if (entry.paused) {
      if (inFlight > limit / 2 || inFlightBytes > limitBytes / 2 || !window.fits()) return;
      entry.paused = false;
    } else {
      if (inFlight < limit && inFlightBytes < limitBytes && window.fits()) return;
      entry.paused = true;
    }
    this.applyFlow(entry);
  }

  /** Tells kafkajs whether to fetch a partition. */
  private applyFlow({ topic, partition, window, paused, rest }: OwnedPartition): void {
    const target = [{ topic, partitions: [partition] }];
    try {
      if (window === null || paused || rest !== null || this.closing) this.consumer.current?.pause(target);
      else this.consumer.current?.resume(target);
    } catch (error) {
      // The consumer is being replaced; when it joins again, every partition is paused or resumed again.
      this.log.debug({ err: error }, 'a partition could not be paused or resumed; trying again later');
    }
  }

  /** Commits the progress since the last commit; one commit at a time. */
  private commit(): Promise<void> {
    if (this.options.transactions) {
      const flushed = Promise.all([...this.partitions.values()].map(async ({ outbox }) => outbox?.flush()));
      return Promise.race([flushed.then(() => undefined), delay(LAST_FLUSH_MS, undefined, { ref: false })]);
    }
    this.committing = this.committing.then(async () => {
      const moved: { entry: OwnedPartition; commit: WindowCommit }[] = [];
      for (const entry of this.partitions.values()) {
        if (!entry.window) continue;
        const commit = entry.window.commit();
        const { committed } = entry;
        if (committed?.offset === commit.offset && committed.metadata === commit.metadata) continue;
        moved.push({ entry, commit });
      }
      if (moved.length === 0 || !this.consumer.isMember) return;
      try {
        await this.consumer.current?.commitOffsets(
          moved.map(({ entry: { topic, partition }, commit: { offset, metadata } }) => ({
            topic,
            partition,
            offset: String(offset),
            metadata,
          })),
        );
        for (const { entry, commit } of moved) {
          entry.committed = commit;
          entry.acknowledged = commit.offset;
        }
      } catch (error) {
        // A rebalance, or a broker that is down: the next tick commits the state at that time.
        this.log.debug({ err: error }, 'offsets could not be committed; trying again later');
      }
    });
    return this.committing;
  }
}

/** Nothing was ever committed. */
const NOTHING_COMMITTED: WindowCommit = { offset: 0n, metadata: '' };

/** The outcome of handing records over once. */
type Tried =
  { readonly kind: 'handled' } | { readonly kind: 'again'; readonly from: bigint; readonly restMs: number };

function stateOf({ watermark, inFlight, waitingSince }: OffsetWindow) {
  return { watermark, inFlight, waitingSince };
}
