import 'reflect-metadata';

import { createLogger, runService } from '@skillora/operability';

import { DispatcherModule, DispatcherTransports, TWO_HOPS } from './dispatcher.module.js';
import { ONE_HOP } from './open-events/one-hop.js';
import { readDispatcherSettings } from './settings.js';

await runService('dispatcher', () => {
  const settings = readDispatcherSettings();
  const logger = createLogger('dispatcher', settings.logLevel);
  return {
    name: 'dispatcher',
    module: DispatcherModule.register(settings, settings.isOneHop ? ONE_HOP : TWO_HOPS),
    port: settings.port,
    logLevel: settings.logLevel,
    logger,
    bodyLimitBytes: 1_024,
    prepare: (app) => {
      for (const strategy of app.get(DispatcherTransports).all) app.connectMicroservice({ strategy });
    },
  };
});
