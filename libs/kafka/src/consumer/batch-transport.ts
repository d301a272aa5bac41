import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { Admin } from 'kafkajs';

import { KafkaMetrics } from '../client/kafka-metrics.js';
import { BatchProcessor } from './batch-processor.js';
import type { BatchTransportOptions } from './batch-transport-options.js';
import { FetchControl } from './fetch-control.js';
import { GroupConsumer } from './group-consumer.js';
import { HandledTopics } from './handled-topics.js';
import { LagWatch } from './lag-watch.js';
import { OffsetCommitter } from './offset-committer.js';
import { PartitionAssignment } from './partition-assignment.js';
import { GracefulRebalance } from './graceful-rebalance.js';
import { StartingPoints } from './starting-points.js';
import { stickyAssigner } from './sticky-assignor.js';
import { Trim } from './trim.js';
import { UnhandledRecords } from './unhandled-records.js';
import { windowLimits } from './window-limits.js';

/** How often watermarks are committed if a keeper has the positions, ms. */
const KEPT_COMMIT_MS = 5_000;

/**
 * A NestJS transport over kafkajs' `eachBatch`. Nest's own transport hands over message by message and does
 * not allow control over commits (nestjs/nest #9455).
 *
 * The transport keeps an `OffsetWindow` for each partition. It commits on a timer, before a rebalance and at
 * the end. It keeps working on partitions that do not move in a rebalance, and pauses a partition whose window
 * is full. It replaces a consumer that ended for good (kafkajs #659). This class connects the parts that do so.
 */
export class BatchTransport extends Server implements CustomTransportStrategy {
  /** Aborted once no more records are taken. */
  private readonly closing = new AbortController();
  private readonly admin: Admin;
  private readonly topics: HandledTopics;
  private readonly consumer: GroupConsumer;
  private readonly partitions: PartitionAssignment;
  private readonly committer: OffsetCommitter;
  private readonly rebalance: GracefulRebalance;
  private readonly lag: LagWatch;
  private readonly trim: Trim;

  constructor(private readonly options: BatchTransportOptions) {
    super();
    this.transportId = options.id;
    const { kafka, groupId, startingOffsets } = options;
    const logger = options.logger.child({ group: groupId });
    const closing = this.closing.signal;
    const admin = (this.admin = kafka.admin());
    const topics = (this.topics = new HandledTopics(this.messageHandlers, options.topics));
    const fetching = new FetchControl(() => this.consumer.current, closing, logger);
    const partitions = (this.partitions = new PartitionAssignment({
      ...options,
      fetching,
      limitsOf: (topic) => windowLimits(options, topic),
      confirmed: () => this.consumer.heartbeat.next(),
      startingPoints: new StartingPoints({
        admin,
        groupId,
        groupsOf: (topic) => options.transactions?.ofTopic?.(topic).groupIds,
        startingOffsets,
        fetching,
        logger,
      }),
      logger,
    }));
    const unhandled = new UnhandledRecords(groupId, options.unhandled ?? {}, logger);
    const processor = new BatchProcessor(options, topics, partitions, unhandled);
    this.consumer = new GroupConsumer({
      kafka,
      groupId,
      topics,
      admin,
      logger,
      linger: options.linger,
      mayWait: options.mayWait,
      onGap: options.onGap,
      assigner: stickyAssigner(() => partitions.all, options.coPartitioned ?? false, options.names),
      namesVary: options.names !== undefined,
      closing,
      beforeJoin: async () => {
        const isWorking = !closing.aborted && partitions.all.length > 0;
        if (this.writes && isWorking) await this.rebalance.begin();
      },
      onJoin: (memberId, assignment) => {
        partitions.apply(memberId, assignment);
        this.committer.stir();
        this.rebalance.end();
      },
      // Transports that write outcomes commit before they join, see {@link GracefulRebalance}.
      ...(this.writes ? {} : { onRebalance: () => void this.commit() }),
      onRange: (range) => {
        processor.passRange(range, this.lag.lowOf(range));
        this.committer.stir();
      },
      onBatch: (payload) => {
        // Before, for what is acknowledged meanwhile; after, for a batch whose records were taken late.
        this.committer.stir();
        return processor.receive(payload).finally(() => this.committer.stir());
      },
    });
    const commitMs = options.keeper ? KEPT_COMMIT_MS : undefined;
    this.committer = new OffsetCommitter(partitions, this.consumer, logger, commitMs);
    this.rebalance = new GracefulRebalance(options.rebalance, () => this.commit(), logger);
    this.lag = new LagWatch({ groupId, admin, topics, partitions, closing, logger });
    this.trim = new Trim(options.trimmed ?? [], partitions, admin, logger);
  }

  /** True while the consumer is a member of its group and the group answers. */
  get ready(): boolean {
    return this.consumer.ready;
  }

  /**
   * How long ago the last heartbeat was sent that the group has confirmed, ms. No other instance owns a partition of this
   * one before that is {@link SESSION_TIMEOUT_MS}.
   */
  get confirmedMsAgo(): number {
    return this.consumer.heartbeat.ageMs;
  }

  /** See {@link GroupConsumer.isSurelyMember}. */
  get isSurelyMember(): boolean {
    return this.consumer.isSurelyMember;
  }

  /**
   * Null while this consumer works; else one sentence that says what it waits for: its group, or a partition
   * that has made no progress for long although it should.
   */
  get problem(): string | null {
    if (!this.ready) return 'joining the consumer group';
    return this.partitions.problem(this.options.stuckAfterMs);
  }

  /** How many records are in progress, over all partitions. */
  get inFlight(): number {
    return this.partitions.inFlight;
  }

  listen(callback: (error?: unknown) => void): void {
    this.start().then(() => callback(), callback);
  }

  /**
   * Joins the group anew, as the same member, because its answer to `names` has changed. Work in progress ends before, as
   * at any rebalance. A transport that has not joined yet needs no such call.
   */
  joinAnew(): void {
    this.consumer.joinAnew();
  }

  /** Stops taking records. Work in progress continues, and {@link close} still commits it. */
  stopTaking(): void {
    this.closing.abort();
    for (const partition of this.partitions.all) partition.applyFlow();
  }

  async close(): Promise<void> {
    this.closing.abort();
    for (const part of [this.committer, this.lag, this.trim, this.rebalance]) part.stop();
    for (const partition of this.partitions.all) partition.stopResting();
    await this.commit();
    await this.partitions.closeCommitters();
    await this.consumer.close();
    await this.partitions.settled();
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
    await this.topics.find();
    KafkaMetrics.consumerStarts(this.options.groupId, this.topics.all);
    this.lag.report();
    await this.admin.connect();
    await this.consumer.start();
    this.trim.start();
    this.lag.start();
    if (this.commitsApart) this.committer.start();
  }

  /** Whether outcomes are written together with the positions. */
  private get writes(): boolean {
    return this.options.transactions !== undefined || this.options.keeper !== undefined;
  }

  /** Whether some positions are committed without a transaction. */
  private get commitsApart(): boolean {
    return this.options.transactions === undefined || this.options.keeper !== undefined;
  }

  private async commit(): Promise<void> {
    if (this.writes) await this.partitions.flush();
    if (this.commitsApart) await this.committer.commit();
  }
}
