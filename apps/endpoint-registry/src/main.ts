import 'reflect-metadata';

import { createLogger, runService } from '@skillora/operability';
import { prepareRest } from '@skillora/rest';

import { isDatabaseAway } from './projection/database-away.js';
import { ProjectionTransports } from './projection/projection.transport.js';
import { RegistryModule } from './registry.module.js';
import { readRegistrySettings } from './settings.js';

/** The largest body a customer has reason to send is an endpoint. */
const BODY_LIMIT_BYTES = 64 * 1_024;

await runService('endpoint-registry', () => {
  const settings = readRegistrySettings();
  const logger = createLogger('endpoint-registry', settings.logLevel);
  return {
    name: 'endpoint-registry',
    module: RegistryModule.register(settings, logger),
    port: settings.port,
    logLevel: settings.logLevel,
    logger,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    prepare: (app) => {
      prepareRest(app, { logger, isOutage: isDatabaseAway });
      for (const strategy of app.get(ProjectionTransports).all) app.connectMicroservice({ strategy });
    },
  };
});
