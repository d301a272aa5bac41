import { type DynamicModule, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { KafkaModule, RecordProducerModule } from '@skillora/kafka';

import { ReconciliationModule } from './reconciliation/reconciliation.module.js';
import { DashboardModule } from './dashboard/dashboard.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DeliveriesModule } from './deliveries/deliveries.module.js';
import { DocumentationModule } from './documentation.module.js';
import { EndpointsModule } from './endpoints/endpoints.module.js';
import { EventTypesModule } from './event-types/event-types.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';
import { OutboxModule } from './outbox/outbox.module.js';
import { OutboxRelay } from './outbox/relay.js';
import { ProjectionModule } from './projection/projection.module.js';
import { RecoveriesModule } from './recoveries/recoveries.module.js';
import { ResendsModule } from './resends/resends.module.js';
import { SettingsModule } from './settings.module.js';
import type { RegistrySettings } from './settings.js';
import { StatisticsModule } from './statistics/statistics.module.js';

/** The topics that the registry reads and writes. */
const USED_TOPICS: ReadonlySet<string> = new Set([
  Topics.deadLetter,
  Topics.events,
  Topics.fanOuts,
  Topics.deliveries,
  Topics.manualRetries,
  Topics.deliveryResults,
  Topics.endpoints,
  Topics.apiTokens,
  Topics.notices,
]);

/**
 * The REST API, the endpoints with their outbox, and the projection. The documentation has the routes in the order of
 * these modules.
 */
@Module({
  imports: [
    DatabaseModule,
    RecordProducerModule,
    ProjectionModule,
    OrganizationsModule,
    OutboxModule,
    EndpointsModule,
    HealthModule,
    RecoveriesModule,
    EventTypesModule,
    EventsModule,
    ResendsModule,
    DeliveriesModule,
    ReconciliationModule,
    StatisticsModule,
    DocumentationModule,
    DashboardModule,
  ],
})
export class RegistryModule implements OnApplicationBootstrap {
  static register(settings: RegistrySettings): DynamicModule {
    const kafka = {
      clientId: 'endpoint-registry',
      settings,
      uses: (topic: string) => USED_TOPICS.has(topic),
    };
    return {
      module: RegistryModule,
      imports: [SettingsModule.forRoot(settings), KafkaModule.forRoot(kafka)],
    };
  }

  constructor(private readonly relay: OutboxRelay) {}

  /**
   * Moves the outbox of earlier runs, and the first token, before the service listens, so that clients can rely on
   * them. The modules that this one imports have started by then. Failures are logged.
   */
  async onApplicationBootstrap(): Promise<void> {
    await this.relay.flush().catch(() => undefined);
  }
}
