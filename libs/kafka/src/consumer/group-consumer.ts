import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
// Node finds kafkajs' error classes only on the whole module, because kafkajs spreads them into its exports.
import kafkajs, {
  type Admin,
  type Consumer,
  type EachBatchPayload,
  type Kafka,
  type PartitionAssigner,
  PartitionAssigners,
} from 'kafkajs';

import { PATIENT_RETRY } from '../client/client.js';
import { KafkaMetrics } from '../client/kafka-metrics.js';
import { fetchInTurn } from '../kafkajs-patches/fetch-in-turn.js';
import { JoinOnDemand } from '../kafkajs-patches/join-on-demand.js';
import { preparedJoin } from '../kafkajs-patches/prepared-join.js';
import { ConfirmedHeartbeat } from './confirmed-heartbeat.js';
import { type UnreadGap, watchForDeletedRecords } from './deleted-records.js';
import type { HandledTopics } from './handled-topics.js';
import { HEARTBEAT_MS } from './heartbeats.js';
import { subscribeOnceKnown } from './subscribe-once-known.js';
import { SupervisedConsumer } from './supervised-consumer.js';
import type { TopicPartition } from './topic-partition.js';

/** What kafkajs reports of a range that it has read. */
export interface FetchedRange extends TopicPartition {
  /** How many records were handed over. */
  readonly batchSize: number;
  /** Null when nothing was fetched at all. */
  readonly firstOffset: string | null;
  readonly lastOffset: string;
}

export interface GroupConsumerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: HandledTopics;
  /** Connected while the consumer works. */
  readonly admin: Admin;
  readonly logger: Logger;
  /** How long the broker may hold a fetch, and for how many bytes. */
  readonly linger?: { readonly bytes: number; readonly ms: number } | undefined;
  /** Topics that are left out of most fetches while others have records, see {@link fetchInTurn}. */
  readonly mayWait?: ((topic: string) => boolean) | undefined;
  /** Called when records were deleted before this group had read them, see {@link watchForDeletedRecords}. */
  readonly onGap?: ((gap: UnreadGap) => Promise<void>) | undefined;
  /** Divides the partitions among the members. */
  readonly assigner: PartitionAssigner;
  /** Whether members may name other topics than they have subscribed to, which only this assigner knows. */
  readonly namesVary: boolean;
  /** When it is aborted, the consumer is not replaced any more. */
  readonly closing: AbortSignal;
  /** Called before the group is joined, each time; must end well within the session timeout. */
  readonly beforeJoin: () => Promise<void>;
  /** Called when the group has assigned its partitions: those of this member, by topic. */
  readonly onJoin: (memberId: string, assignment: Record<string, number[]>) => void;
  /** Called when a rebalance begins. */
  readonly onRebalance?: () => void;
  /** Called when a range was read, also one without records. */
  readonly onRange: (range: FetchedRange) => void;
  readonly onBatch: (payload: EachBatchPayload) => Promise<void>;
}

/**
 * After its last heartbeat, an instance keeps its partitions for this long. With kafkajs' default of 30 s,
 * customers would wait for 30 s after a crash.
 */
export const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 15_000;
/** If no heartbeat is answered for this long, the instance reports that it is not ready. */
const SILENCE_MS = 6_000;
/** A session lasts at least this long after a heartbeat was sent, and an attempt that then begins is sent. */
const SURE_MS = SESSION_TIMEOUT_MS - 2_000;
/** If a consumer is silent for this long while the brokers answer, it has failed without noticing. */
const STUCK_MS = 60_000;
const WATCH_MS = 10_000;
/** A resumed partition joins only the next fetch, so fetches must be short. */
const MAX_FETCH_WAIT_MS = 250;
const PARTITIONS_AT_ONCE = 64;
/** The longest delay before another consumer is started. */
const MAX_BACKOFF_MS = 1_000;
/** In a rebalance, a group waits for a killed member until its session ends, and a little longer. */
const JOIN_PATIENCE_MS = SESSION_TIMEOUT_MS + 2_000;

/**
 * Ends a consumer that another one has replaced. kafkajs neither retries after this error nor restarts the
 * consumer.
 */
const wasReplaced = (): Error =>
  new kafkajs.KafkaJSNonRetriableError('another consumer has taken the place of this one');

/**
 * A member of a consumer group that reads batches and commits nothing by itself. It is replaced when its
 * consumer ended (see {@link SupervisedConsumer}), and when it is silent while the brokers answer.
 */
export class GroupConsumer {
  private readonly supervised: SupervisedConsumer;
  private joined = false;
  /** When the group last answered, ms since the epoch. */
  private heardAt = 0;
  /** The last heartbeat that the group has confirmed. */
  readonly heartbeat = new ConfirmedHeartbeat();
  private watch: NodeJS.Timeout | null = null;
  private stopWatchingGaps: (() => void) | null = null;
  private readonly rejoining = new JoinOnDemand();
  /** Settles once the consumer has joined its group for the first time. */
  private joining: Promise<void> = Promise.resolve();

  constructor(private readonly options: GroupConsumerOptions) {
    const { groupId, logger, closing } = options;
    this.supervised = new SupervisedConsumer({
      create: () => this.create(),
      run: (consumer) => this.run(consumer),
      onCrash: () => {
        this.joined = false;
        KafkaMetrics.consumerCrashed(groupId);
      },
      onEnd: (cause) => {
        KafkaMetrics.consumerReplaced(groupId);
        logger.error(
          { err: cause },
          'the consumer ended, and a new one takes over. If this repeats, check the brokers',
        );
      },
      onFailedStart: (error) =>
        logger.error(
          { err: error },
          'a new consumer could not be started; trying again. Fix what the error names, usually the brokers',
        ),
      maxBackoffMs: MAX_BACKOFF_MS,
      closing,
    });
  }

  /** The kafkajs consumer that works now; null while it is being replaced. */
  get current(): Consumer | null {
    return this.supervised.current;
  }

  /** True while the group has assigned partitions to this member. */
  get isMember(): boolean {
    return this.joined;
  }

  /** True while it is a member of its group and the group answers. */
  get ready(): boolean {
    return this.joined && Date.now() - this.heardAt < SILENCE_MS;
  }

  /**
   * True while the group cannot have ended the session of this member: it has confirmed a heartbeat that was
   * sent lately. A process that was frozen knows by this that others may own its partitions.
   */
  get isSurelyMember(): boolean {
    return this.joined && this.heartbeat.ageMs < SURE_MS;
  }

  /** Subscribes and begins to join the group. Rejects if the brokers do not let it. */
  async start(): Promise<void> {
    this.stopWatchingGaps = watchForDeletedRecords(this.options);
    await this.supervised.start();
    this.watch = setInterval(() => void this.replaceIfSilent(), WATCH_MS);
    this.watch.unref();
  }

  /** Joins the group anew as the same member. Nothing happens before it is a member, because it then joins anyway. */
  joinAnew(): void {
    this.rejoining.demand();
  }

  /** Leaves the group. */
  async close(): Promise<void> {
    if (this.watch) clearInterval(this.watch);
    this.joined = false;
    // A consumer that is dropped while it joins would join all the same, and block partitions for the others.
    await Promise.race([this.joining, delay(JOIN_PATIENCE_MS, undefined, { ref: false })]);
    await this.supervised.disconnect();
    this.stopWatchingGaps?.();
  }

  private create(): Consumer {
    const { kafka, groupId, linger, mayWait, namesVary, beforeJoin } = this.options;
    const assigner = mayWait ? fetchInTurn(this.options.assigner, mayWait) : this.options.assigner;
    const consumer: Consumer = kafka.consumer({
      groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      minBytes: linger?.bytes ?? 1,
      maxWaitTimeInMs: linger?.ms ?? MAX_FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      retry: PATIENT_RETRY,
      // Instances of an earlier release know only the second assignor; a group contains such instances during
      // an upgrade.
      partitionAssigners: [
        preparedJoin(this.rejoining.follow(assigner), async () => {
          if (!this.supervised.isCurrent(consumer)) throw wasReplaced();
          await beforeJoin();
        }),
        ...(namesVary ? [] : [PartitionAssigners.roundRobin]),
      ],
    });
    return consumer;
  }

  private async run(consumer: Consumer): Promise<void> {
    const { topics, onBatch } = this.options;
    this.heardAt = Date.now();
    this.listenTo(consumer);
    await consumer.connect();
    await topics.find();
    await subscribeOnceKnown(consumer, topics.all);
    // Not awaited: joining takes as long as the group waits for a killed member, and the service has other
    // work.
    this.joining = consumer
      .run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
        // A replaced consumer that joined all the same must end here; otherwise it would own partitions that
        // nobody reads.
        eachBatch: (payload) =>
          this.supervised.isCurrent(consumer) ? onBatch(payload) : Promise.reject(wasReplaced()),
      })
      .catch((error: unknown) => void this.supervised.replace(consumer, error));
  }

  private listenTo(consumer: Consumer): void {
    const { groupId, onJoin, onRebalance, onRange } = this.options;
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, END_BATCH_PROCESS, REQUEST } = consumer.events;
    const isCurrent = (): boolean => this.supervised.isCurrent(consumer);
    // This event comes before that of the heartbeat which it is part of.
    consumer.on(REQUEST, ({ payload }) => {
      if (isCurrent() && payload.apiName === 'Heartbeat') this.heartbeat.answered(payload.duration);
    });
    consumer.on(HEARTBEAT, () => {
      if (!isCurrent()) return;
      this.heardAt = Date.now();
      this.heartbeat.confirmed();
    });
    consumer.on(GROUP_JOIN, ({ payload }) => {
      if (!isCurrent()) return;
      KafkaMetrics.groupJoined(groupId);
      this.joined = true;
      this.heardAt = Date.now();
      onJoin(payload.memberId, payload.memberAssignment);
    });
    if (onRebalance) consumer.on(REBALANCING, onRebalance);
    consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      if (isCurrent()) onRange(payload);
    });
  }

  /**
   * kafkajs can stop silently (kafkajs #1122). A consumer that is silent while the brokers answer is
   * replaced.
   */
  private async replaceIfSilent(): Promise<void> {
    const { admin, topics, closing, logger } = this.options;
    const consumer = this.current;
    if (!consumer || closing.aborted || Date.now() - this.heardAt < STUCK_MS) return;
    try {
      await admin.fetchTopicMetadata({ topics: topics.all });
    } catch (error) {
      logger.warn(
        { err: error },
        'the brokers do not answer. This consumer reads nothing until they do. Check the brokers',
      );
      return;
    }
    if (Date.now() - this.heardAt < STUCK_MS) return;
    this.joined = false;
    this.heardAt = Date.now();
    await this.supervised.replace(
      consumer,
      new Error(`the group has not answered for ${STUCK_MS / 1_000} s`),
    );
  }
}
