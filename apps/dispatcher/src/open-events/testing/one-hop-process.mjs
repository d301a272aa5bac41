import 'reflect-metadata';

import { createLogger, createService, Readiness } from '@skillora/operability';

import { DispatcherModule, DispatcherTransports } from '../../../dist/dispatcher.module.js';
import { ONE_HOP } from '../../../dist/open-events/one-hop.js';
import { readDispatcherSettings } from '../../../dist/settings.js';

/*
 * A dispatcher that delivers from the log of events, as a process that a test can kill. It runs the built code. Its
 * settings come from the environment, and it says `ready` once.
 */
const settings = readDispatcherSettings();
const app = await createService({
  name: 'dispatcher',
  module: DispatcherModule.register(settings, ONE_HOP),
  port: 0,
  logLevel: 'silent',
  logger: createLogger('one-hop-process', process.env['TEST_LOG'] ?? 'silent'),
  bodyLimitBytes: 1_024,
  prepare: (created) => {
    for (const strategy of created.get(DispatcherTransports).all) created.connectMicroservice({ strategy });
  },
});
await app.init();
await app.startAllMicroservices();
const looking = setInterval(async () => {
  if (Object.keys(await app.get(Readiness).problems()).length > 0) return;
  clearInterval(looking);
  process.stdout.write('ready\n');
}, 50);
