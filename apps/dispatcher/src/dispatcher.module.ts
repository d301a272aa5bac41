import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { type BatchTransport, KafkaModule } from '@skillora/kafka';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';

import { DELIVER } from './deliver/deliver.controller.js';
import { DeliverModule } from './deliver/deliver.module.js';
import { EndpointTable } from './endpoints/endpoint-table.js';
import { EndpointsModule } from './endpoints/endpoints.module.js';
import { FAN_OUT } from './fan-out/fan-out.controller.js';
import { FanOutModule } from './fan-out/fan-out.module.js';
import { HttpModule } from './http/http.module.js';
import { WebhookPoster } from './http/webhook-poster.js';
import { ManualRetries } from './retry/manual-retries.js';
import { ManualRetriesModule } from './retry/manual-retries.module.js';
import { RETRY } from './retry/retry.controller.js';
import { RetryModule } from './retry/retry.module.js';
import { longestScheduleMs, longestWaitMs } from './retry/schedule.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from './settings.js';
import { SettingsModule } from './settings.module.js';

/** The consumers of the dispatcher, in the order in which a delivery goes through them. */
export class DispatcherTransports {
  constructor(readonly all: readonly BatchTransport[]) {}
}

/** What delivers events: modules, and the injection tokens of the transports in them. */
export interface Stages {
  readonly modules: readonly Type[];
  readonly transports: readonly symbol[];
}

/** Fan-out, deliver and retry: each event passes two hops of Kafka. */
export const TWO_HOPS: Stages = {
  modules: [FanOutModule, DeliverModule, RetryModule],
  transports: [FAN_OUT, DELIVER, RETRY],
};

/** The stages, and the two tables that they share. */
@Module({})
export class DispatcherModule implements OnApplicationBootstrap, OnApplicationShutdown {
  static register(settings: DispatcherSettings, stages: Stages = TWO_HOPS): DynamicModule {
    const schedules = { standard: settings.retryDelaysMs, extended: settings.extendedRetryDelaysMs };
    return {
      module: DispatcherModule,
      imports: [
        SettingsModule.of(settings),
        KafkaModule.forRoot({
          clientId: 'dispatcher',
          settings,
          // The services that use the topics of producers and tokens check these.
          uses: (topic) => topic.startsWith('webhook.') && topic !== Topics.apiTokens,
          longestWaitMs: longestWaitMs(schedules),
          longestReferenceMs: settings.namesLargeBodies ? longestScheduleMs(schedules) : undefined,
          isOneHop: stages !== TWO_HOPS,
        }),
        EndpointsModule,
        ManualRetriesModule,
        HttpModule,
        ...stages.modules,
      ],
      providers: [
        {
          provide: DispatcherTransports,
          inject: [...stages.transports],
          useFactory: (...all: BatchTransport[]) => new DispatcherTransports(all),
        },
      ],
    };
  }

  constructor(
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
    this.reportAuthorities();
    this.readiness.register('endpoints', () => (this.endpoints.ready ? null : 'reading the endpoints'));
    this.readiness.register(
      'consumers',
      () => this.transports.all.map(({ problem }) => problem).find((problem) => problem !== null) ?? null,
    );
    await Promise.all([this.endpoints.start(), this.manualRetries.start()]);
  }

  private reportAuthorities(): void {
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
