import { type BeforeApplicationShutdown, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { BatchTransport, KAFKA, SESSION_TIMEOUT_MS, TRANSACTIONAL_KAFKA } from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { BodiesModule } from '../bodies/bodies.module.js';
import { DELIVER_GROUP, DELIVER_WINDOW, DeliverController } from '../deliver/deliver.controller.js';
import { RESULT_LINGER_MS } from '../deliver/deliver.module.js';
import { lanesOfInstance } from '../deliver/lanes-of-instance.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { FanOutTelemetry } from '../fan-out/fan-out-telemetry.js';
import { HttpModule } from '../http/http.module.js';
import { SlowLane } from '../lanes/slow-lane.js';
import { AttemptGate } from '../queues/attempt-gate.js';
import { RebalanceDrain } from '../queues/rebalance-drain.js';
import { Tenure } from '../queues/tenure.js';
import { ManualRetriesModule } from '../retry/manual-retries.module.js';
import {
  isRetryTopic,
  RETRY_GROUP,
  RETRY_TOPICS,
  RETRY_WINDOW,
  RetryController,
} from '../retry/retry.controller.js';
import { RETRY_LINGER_MS } from '../retry/retry.module.js';
import { retryTopics } from '../retry/retry-topics.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { TwoHopInstances } from './two-hop-instances.js';
import { mayBegin } from './last-heartbeat.js';
import { UnitLedgers } from './unit-ledgers.js';
import { Units } from './units.js';
import { UNITS, UnitsController } from './units.controller.js';

/** Events are bounded by what they hold in memory over all units, see `Holdings`; this is far above that. */
const EVENTS_WINDOW = { records: 100_000, bytes: 128 * 1_024 * 1_024 } as const;
/** The limits by topic; those of deliveries hold for both lanes. */
const WINDOWS = new Map<string, { readonly records: number; readonly bytes: number }>([
  [Topics.events, EVENTS_WINDOW],
  [Topics.deliveries, DELIVER_WINDOW],
  [Topics.slowDeliveries, DELIVER_WINDOW],
]);

/**
 * Dispatchers with two hops read retries in a group of their own. Its commits decide, so either kind begins where the other
 * was. With one hop nobody is a member of that group, so Kafka forgets its commits after a week; then those of the
 * transport's own group count.
 */
const RETRIES_BESIDE_TWO_HOPS = {
  lingerMs: RETRY_LINGER_MS,
  groupIds: [RETRY_GROUP, DELIVER_GROUP],
} as const;

/**
 * One hop: delivers from the log of events, in one consumer group in which one instance owns a unit. See
 * `docs/decisions/36`.
 */
@Module({
  imports: [EndpointsModule, ManualRetriesModule, HttpModule, BodiesModule],
  controllers: [UnitsController],
  providers: [
    SlowLane,
    AttemptGate,
    RebalanceDrain,
    { provide: Tenure, useFactory: () => new Tenure() },
    // They host their engines. Their batches come from the controller of this module.
    DeliverController,
    RetryController,
    {
      provide: FanOutTelemetry,
      inject: [LOGGER, TRACER],
      useFactory: (logger: Logger, tracer: Tracer) => new FanOutTelemetry(DELIVER_GROUP, logger, tracer),
    },
    TwoHopInstances,
    UnitLedgers,
    Units,
    {
      provide: UNITS,
      inject: [
        KAFKA,
        TRANSACTIONAL_KAFKA,
        DISPATCHER_SETTINGS,
        LOGGER,
        Units,
        SlowLane,
        RebalanceDrain,
        Tenure,
        AttemptGate,
        TwoHopInstances,
      ],
      useFactory: unitsTransport,
    },
  ],
  exports: [UNITS],
})
export class UnitsModule implements OnModuleDestroy, BeforeApplicationShutdown {
  constructor(
    @Inject(UNITS) private readonly transport: BatchTransport,
    private readonly deliver: DeliverController,
  ) {}

  /** While attempts in progress end, nothing more is taken. */
  onModuleDestroy(): void {
    this.transport.stopTaking();
  }

  /**
   * An instance that ends leaves no event open: an instance with two hops would deliver it once more. The
   * transport, which is closed after this, writes what has moved.
   */
  async beforeApplicationShutdown(): Promise<void> {
    await this.deliver.handOver(({ batch }) => batch.topic === Topics.events);
  }
}

function unitsTransport(
  kafka: Kafka,
  transactionalKafka: Kafka,
  { retryDelaysMs }: DispatcherSettings,
  logger: Logger,
  units: Units,
  slowLane: SlowLane,
  drain: RebalanceDrain,
  tenure: Tenure,
  gate: AttemptGate,
  twoHopInstances: TwoHopInstances,
): BatchTransport {
  const lanes = lanesOfInstance({ slowLane, drain, tenure });
  const transport = new BatchTransport({
    id: UNITS,
    kafka,
    logger,
    groupId: DELIVER_GROUP,
    ...lanes,
    rebalance: {
      ...lanes.rebalance,
      begins: () => {
        twoHopInstances.shaken();
        return lanes.rebalance.begins();
      },
      formed: () => {
        twoHopInstances.shaken();
        lanes.rebalance.formed();
      },
    },
    names: (topic) => twoHopInstances.names(topic),
    // Nobody waits for a retry or the slow lane as for an event, or for what a person asked for.
    mayWait: (topic) => topic === Topics.slowDeliveries || isRetryTopic(topic),
    keeper: units,
    transactions: {
      kafka: transactionalKafka,
      lingerMs: RESULT_LINGER_MS,
      ofTopic: (topic) => (isRetryTopic(topic) ? RETRIES_BESIDE_TWO_HOPS : {}),
    },
    inFlightOf: (topic) => WINDOWS.get(topic) ?? RETRY_WINDOW,
    topics: { [RETRY_TOPICS]: () => retryTopics(kafka, retryDelaysMs) },
  });
  twoHopInstances.changes(() => transport.joinAnew());
  tenure.follows(() => transport.isSurelyMember);
  gate.follows(() => mayBegin(-transport.confirmedMsAgo, 0, SESSION_TIMEOUT_MS));
  return transport;
}
