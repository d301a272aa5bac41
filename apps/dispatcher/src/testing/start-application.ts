import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger, createService } from '@skillora/operability';

import { DispatcherModule, DispatcherTransports, type Stages } from '../dispatcher.module.js';
import type { DispatcherSettings } from '../settings.js';

/** The key that seals the secrets of endpoints. */
export const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');
/** How many partitions the topics have. */
export const PARTITIONS = 4;
/** Silent, unless TEST_LOG names a level. */
export const logger = createLogger('dispatcher-test', process.env['TEST_LOG'] ?? 'silent');

/** Starts the service in this process, without its port. */
export async function startApplication(
  settings: DispatcherSettings,
  stages?: Stages,
): Promise<NestFastifyApplication> {
  const app = await createService({
    name: 'dispatcher',
    module: DispatcherModule.register(settings, stages),
    port: 0,
    logLevel: 'silent',
    logger,
    bodyLimitBytes: 1_024,
    prepare: (created) => {
      for (const strategy of created.get(DispatcherTransports).all) created.connectMicroservice({ strategy });
    },
  });
  await app.init();
  await app.startAllMicroservices();
  return app;
}

/** The settings of a dispatcher in a test. */
export function dispatcherEnv(brokers: string, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    KAFKA_BROKERS: brokers,
    SECRETS_KEY,
    RETRY_DELAYS: '300ms,600ms',
    // Receivers here share a process with the dispatcher: on a busy machine an answer may take seconds.
    DELIVERY_TIMEOUT: '10m',
    ALLOW_HTTP_TARGETS: 'true',
    ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
    TOPIC_PARTITIONS: String(PARTITIONS),
    ...env,
  };
}
