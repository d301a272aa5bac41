import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { topicDefinitions, Topics } from '@skillora/contracts';
import { egressPolicyOf } from '@skillora/egress';
import { BatchTransport, createKafka, demandTopics, kafkaSecurity, TRANSACTION_RETRY } from '@skillora/kafka';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { unhandledRecord } from './dead-letters.js';
import { DeliverController, DELIVER, DELIVER_GROUP, DELIVER_WINDOW } from './attempt/deliver.controller.js';
import { Handover } from './queues/handover.js';
import { HostAddresses } from './queues/host-addresses.js';
import { SlowLane } from './lanes/slow-lane.js';
import { WebhookPoster } from './http/webhook-poster.js';
import { EndpointTable } from './endpoints/endpoint-table.js';
import { FAN_OUT, FAN_OUT_GROUP, FanOutController } from './fan-out/fan-out.controller.js';
import { FanOutLanes } from './fan-out/fan-out-lanes.js';
import { KAFKA, TRANSACTIONAL_KAFKA } from './kafka-clients.js';
import { delayTopics } from './retry/delay-topics.js';
import { ManualRetries } from './retry/manual-retries.js';
import { RetryController, RETRY, RETRY_GROUP, RETRY_TOPICS, RETRY_WINDOW } from './retry/retry.controller.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from './settings.js';

/** The three consumers of the dispatcher, in the order in which a delivery goes through them. */
export class DispatcherTransports {
  constructor(
    readonly fanOut: BatchTransport,
    readonly deliver: BatchTransport,
    readonly retry: BatchTransport,
  ) {}

  get all(): BatchTransport[] {
    return [this.fanOut, this.deliver, this.retry];
  }
}

/**
 * Nobody waits for a result to be written, so results wait a little for others to share their transaction.
 */
const RESULT_LINGER_MS = 100;
/** A due retry waits a little for others that become due just after it. */
const RETRY_LINGER_MS = 25;

/** Fan-out, deliver and retry, and the two tables that they share. */
@Module({})
export class DispatcherModule implements OnApplicationBootstrap, OnApplicationShutdown {
  static register(settings: DispatcherSettings, logger: Logger): DynamicModule {
    const security = kafkaSecurity(settings);
    const kafka = createKafka({ brokers: settings.brokers, clientId: 'dispatcher', logger, security });
    return {
      module: DispatcherModule,
      controllers: [FanOutController, DeliverController, RetryController],
      providers: [
        FanOutLanes,
        SlowLane,
        Handover,
        HostAddresses,
        { provide: DISPATCHER_SETTINGS, useValue: settings },
        { provide: KAFKA, useValue: kafka },
        {
          provide: TRANSACTIONAL_KAFKA,
          useValue: createKafka({
            brokers: settings.brokers,
            clientId: 'dispatcher-transactions',
            logger,
            security,
            retry: TRANSACTION_RETRY,
          }),
        },
        { provide: EndpointTable, useValue: new EndpointTable(kafka, logger) },
        { provide: ManualRetries, useValue: new ManualRetries(kafka, logger) },
        {
          provide: WebhookPoster,
          inject: [HostAddresses],
          useFactory: (hostAddresses: HostAddresses) =>
            new WebhookPoster({
              timeoutMs: settings.deliveryTimeoutMs,
              policy: egressPolicyOf(settings),
              connectionsPerOrigin: settings.endpointConcurrency,
              certificateAuthorities: settings.targetAuthorities.map(({ pem }) => pem),
              addresses: hostAddresses,
            }),
        },
        {
          provide: DispatcherTransports,
          inject: [FanOutLanes, SlowLane, Handover, TRANSACTIONAL_KAFKA],
          useFactory: (
            lanes: FanOutLanes,
            slowLane: SlowLane,
            handover: Handover,
            transactionalKafka: Kafka,
          ) => transports(kafka, transactionalKafka, settings, logger, lanes, slowLane, handover),
        },
      ],
    };
  }

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(DISPATCHER_SETTINGS) private readonly settings: DispatcherSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly endpoints: EndpointTable,
    private readonly manualRetries: ManualRetries,
    private readonly poster: WebhookPoster,
    private readonly transports: DispatcherTransports,
    private readonly readiness: Readiness,
  ) {}

  /**
   * The tables are read before the first record is taken, so that nothing is matched against an empty table.
   */
  async onApplicationBootstrap(): Promise<void> {
    this.tellOfAuthorities();
    this.readiness.register('endpoints', () => (this.endpoints.ready ? null : 'reading the endpoints'));
    this.readiness.register(
      'consumers',
      () => this.transports.all.map(({ problem }) => problem).find((problem) => problem !== null) ?? null,
    );
    const { partitions, replicationFactor, retryDelaysMs, retentionDays } = this.settings;
    const definitions = topicDefinitions(retryDelaysMs.length, retentionDays);
    await demandTopics(this.kafka, {
      definitions,
      // The topics of producers and tokens are checked by the services that use them.
      used: (topic) => topic.startsWith('webhook.') && topic !== Topics.apiTokens,
      ...{ partitions, replicationFactor, retryDelaysMs, logger: this.logger },
    });
    await Promise.all([this.endpoints.start(), this.manualRetries.start()]);
  }

  private tellOfAuthorities(): void {
    const { targetAuthorities } = this.settings;
    if (targetAuthorities.length === 0) return;
    this.logger.info(
      { authorities: targetAuthorities.map(({ subject }) => subject) },
      'this dispatcher also trusts targets whose certificates come from the authorities in TARGET_CA_FILE. It reads the file only at its start, so restart the dispatchers after a change',
    );
    const expired = targetAuthorities.filter(({ validTo }) => validTo < Date.now());
    if (expired.length === 0) return;
    this.logger.warn(
      { authorities: expired.map(({ subject }) => subject) },
      'some authorities in TARGET_CA_FILE have expired, so this dispatcher refuses certificates from them. Remove them from the file or replace them with their successors',
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.endpoints.stop(), this.manualRetries.stop()]);
    await this.poster.close();
  }
}

function transports(
  kafka: Kafka,
  transactionalKafka: Kafka,
  settings: DispatcherSettings,
  logger: Logger,
  lanes: FanOutLanes,
  slowLane: SlowLane,
  handover: Handover,
): DispatcherTransports {
  /**
   * When a partition of one lane is lost, what was written from it to the other lane will not be read back
   * here.
   */
  const gone = ({ topic, partition }: { topic: string; partition: number }): void => {
    if (topic === Topics.slowDeliveries || topic === Topics.deliveries) slowLane.lost(partition);
  };
  return new DispatcherTransports(
    new BatchTransport({
      id: FAN_OUT,
      kafka,
      logger,
      groupId: FAN_OUT_GROUP,
      completion: 'batch',
      // The committed offsets show other tools the progress. They are also used when a ledger is too old to
      // hold the position.
      startingOffsets: (assigned) => lanes.startingOffsets(FAN_OUT_GROUP, assigned),
      unhandled: {
        putAside: (record, place, error) =>
          lanes.putAside(place.partition, unhandledRecord(record, place, error), record.offset + 1n),
      },
      onAssignment: ({ lost }) => lanes.lost(lost),
    }),
    new BatchTransport({
      id: DELIVER,
      kafka,
      logger,
      groupId: DELIVER_GROUP,
      completion: 'record',
      maxInFlightPerPartition: DELIVER_WINDOW.records,
      maxInFlightBytesPerPartition: DELIVER_WINDOW.bytes,
      // One instance owns an endpoint's deliveries of both lanes and queues them one after the other.
      coPartitioned: true,
      trimmed: [Topics.slowDeliveries],
      handover,
      onAssignment: ({ lost }) => lost.forEach(gone),
      onAnotherLog: gone,
      unhandled: { inPlaceOf: unhandledRecord },
      transactions: { kafka: transactionalKafka, lingerMs: RESULT_LINGER_MS },
    }),
    new BatchTransport({
      id: RETRY,
      kafka,
      logger,
      groupId: RETRY_GROUP,
      completion: 'record',
      maxInFlightPerPartition: RETRY_WINDOW.records,
      maxInFlightBytesPerPartition: RETRY_WINDOW.bytes,
      transactions: { kafka: transactionalKafka, gatherMs: RETRY_GATHER_MS },
      unhandled: { inPlaceOf: unhandledRecord },
      topics: { [RETRY_TOPICS]: () => delayTopics(kafka, settings.retryDelaysMs) },
    }),
  );
}
