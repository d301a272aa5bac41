import { endpointsLookSchema, recordHeaders, Topics } from '@skillora/contracts';
import { AdminOnDemand, type OutgoingRecord, RecordProducer } from '@skillora/kafka';
import { FreshRuns, type Logger, withinTime } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

/** How long the looks of a pass may take, ms. It is less than an answer waits, so that the log says what it waits for. */
const LIMIT_MS = 8_000;
/** How long an instance that ends waits for them, ms. */
const CLOSE_LIMIT_MS = 2_000;

/** What looks are written to. */
export interface LookedAtTopic {
  readonly name: string;
  /** The partitions that the topic has at a moment after this call. */
  partitions(): Promise<readonly number[]>;
  /** Resolves when every in-sync replica has all of the records. It may wait for ever. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes looks: the barrier between the changes of endpoints that are answered, and the events that are accepted after
 * these answers. See `docs/decisions/36`.
 */
export class EndpointsLooks {
  private readonly runs = new FreshRuns(() => this.write());
  /** The partitions that had looks last. */
  private known: readonly number[] = [];

  constructor(
    private readonly topic: LookedAtTopic,
    private readonly limitMs = LIMIT_MS,
  ) {}

  /**
   * Resolves when each partition has a look that was written after this call.
   *
   * The partitions are asked for after this call too. So a partition that is not among them was created after the states
   * of the endpoints were acknowledged, and its first owner reads these states before the first event.
   * @throws when a partition does not take its look in time. The look may be written later, which does no harm.
   */
  async afterNow(): Promise<void> {
    if ((await withinTime(this.runs.afterNow(), this.limitMs)) !== 'late') return;
    const { name } = this.topic;
    throw new Error(
      `a partition of ${name} takes no records. List the partitions with kafka-topics.sh --bootstrap-server … --describe --topic ${name} --unavailable-partitions, and with --under-min-isr-partitions, and bring their brokers back`,
    );
  }

  /** A look that cannot be written is not waited for. */
  async close(): Promise<void> {
    await withinTime(this.topic.close(), CLOSE_LIMIT_MS);
  }

  /** Asks for the partitions and writes to those it knows at once, because a change waits for this. */
  private async write(): Promise<void> {
    const known = new Set(this.known);
    const [partitions] = await Promise.all([this.topic.partitions(), this.writeTo(this.known)]);
    this.known = partitions;
    await this.writeTo(partitions.filter((partition) => !known.has(partition)));
  }

  private async writeTo(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    const value = endpointsLookSchema.encode({ writtenAt: new Date().toISOString() });
    const headers = recordHeaders(endpointsLookSchema);
    await this.topic.send(
      partitions.map((partition) => ({ topic: this.topic.name, partition, key: null, value, headers })),
    );
  }
}

/**
 * A topic in Kafka. It has a producer of its own: records behind looks that cannot be written would wait for these. It
 * connects when it is first needed.
 */
export class LookedAtInKafka implements LookedAtTopic {
  private readonly admin: AdminOnDemand;
  private readonly producer: RecordProducer;
  private connected: Promise<void> | null = null;

  constructor(
    kafka: Kafka,
    logger: Logger,
    readonly name: string = Topics.events,
  ) {
    this.admin = new AdminOnDemand(kafka);
    this.producer = new RecordProducer(kafka, { lingerMs: 0, logger });
  }

  async partitions(): Promise<number[]> {
    const admin = await this.admin.get();
    const { topics } = await admin.fetchTopicMetadata({ topics: [this.name] });
    return topics.flatMap(({ partitions }) => partitions.map(({ partitionId }) => partitionId));
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    this.connected ??= this.producer.connect().catch((error: unknown) => {
      this.connected = null;
      throw error;
    });
    await this.connected;
    await this.producer.send(records);
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
    await this.connected?.then(() => this.producer.disconnect()).catch(() => undefined);
  }
}
