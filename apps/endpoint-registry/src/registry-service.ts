import type { Logger, ServiceDefinition } from '@skillora/operability';
import { BodyPipe, prepareRest } from '@skillora/rest';

import { answerToSlowQuery } from './database/reading.js';
import { DashboardController } from './dashboard/dashboard.controller.js';
import { isDatabaseAway } from './projection/database-away.js';
import { ProjectionTransports } from './projection/projection.transport.js';
import { RegistryModule } from './registry.module.js';
import type { RegistrySettings } from './settings.js';

/** The largest body that a customer has reason to send is an endpoint. */
const BODY_LIMIT_BYTES = 64 * 1_024;

/** The parts of the service. */
export function registryService(settings: RegistrySettings, logger: Logger): ServiceDefinition {
  return {
    name: 'endpoint-registry',
    module: RegistryModule.register(settings),
    port: settings.port,
    management: settings.management,
    logLevel: settings.logLevel,
    logger,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    trustedProxies: settings.trustedProxies,
    connections: settings,
    corsOrigins: settings.corsOrigins,
    prepare: async (app) => {
      prepareRest(app, { logger, links: settings, isOutage: isDatabaseAway, known: answerToSlowQuery });
      app.useGlobalPipes(new BodyPipe());
      await DashboardController.prepare(app);
      for (const strategy of app.get(ProjectionTransports).all) app.connectMicroservice({ strategy });
    },
  };
}
