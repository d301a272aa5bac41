import {
  type DynamicModule,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { topicDefinitions } from '@skillora/contracts';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { createKafka, TRANSACTION_RETRY } from '../client/client.js';
import { kafkaSecurity, type KafkaSecuritySettings } from '../client/security.js';
import { demandTopics } from '../topics/demand-topics.js';
import type { TopicLayout } from '../topics/ensure-topics.js';

/** Injection token of the service's Kafka client. */
export const KAFKA = Symbol('KAFKA');
/** Injection token of the Kafka client whose retries suit transactions. */
export const TRANSACTIONAL_KAFKA = Symbol('TRANSACTIONAL_KAFKA');
const OPTIONS = Symbol('KAFKA_MODULE_OPTIONS');

export interface KafkaModuleOptions {
  /** The name of the service, as brokers see it. */
  readonly clientId: string;
  readonly settings: KafkaSecuritySettings &
    TopicLayout & {
      readonly brokers: string[];
      readonly retryDelaysMs: readonly number[];
      readonly retentionDays: number;
    };
  /** Whether the service reads or writes a topic. The services that use the other topics check these. */
  readonly uses: (topic: string) => boolean;
  /** See `DemandedTopics`. */
  readonly longestWaitMs?: number | undefined;
  /** See `DemandedTopics`. */
  readonly longestReferenceMs?: number | undefined;
  /** Whether the service writes to partitions by their number, so that some topics need equally many. */
  readonly isOneHop?: boolean;
}

/** Creates missing topics and checks existing ones, before a module that imports this one starts. */
@Injectable()
class TopicsAtStart implements OnApplicationBootstrap {
  constructor(
    @Inject(OPTIONS) private readonly options: KafkaModuleOptions,
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws {SettingsError} see {@link demandTopics}. */
  async onApplicationBootstrap(): Promise<void> {
    const { settings, uses, longestWaitMs, longestReferenceMs, isOneHop } = this.options;
    const { partitions, replicationFactor, retryDelaysMs, retentionDays } = settings;
    await demandTopics(this.kafka, {
      definitions: topicDefinitions(retryDelaysMs.length, retentionDays),
      used: uses,
      ...{ partitions, replicationFactor, retryDelaysMs, longestWaitMs, longestReferenceMs, isOneHop },
      logger: this.logger,
    });
  }
}

/** Kafka, for every module of a service: its clients, and its topics at the start. */
@Global()
@Module({})
export class KafkaModule {
  static forRoot(options: KafkaModuleOptions): DynamicModule {
    return {
      module: KafkaModule,
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: KAFKA, inject: [OPTIONS, LOGGER], useFactory: client },
        { provide: TRANSACTIONAL_KAFKA, inject: [OPTIONS, LOGGER], useFactory: transactionalClient },
        TopicsAtStart,
      ],
      exports: [KAFKA, TRANSACTIONAL_KAFKA],
    };
  }
}

function client({ clientId, settings }: KafkaModuleOptions, logger: Logger): Kafka {
  return createKafka({ brokers: settings.brokers, clientId, logger, security: kafkaSecurity(settings) });
}

function transactionalClient({ clientId, settings }: KafkaModuleOptions, logger: Logger): Kafka {
  return createKafka({
    brokers: settings.brokers,
    clientId: `${clientId}-transactions`,
    logger,
    security: kafkaSecurity(settings),
    retry: TRANSACTION_RETRY,
  });
}
