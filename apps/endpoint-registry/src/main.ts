import 'reflect-metadata';

import { createLogger, runService } from '@skillora/operability';

import { registryService } from './registry-service.js';
import { readRegistrySettings } from './settings.js';

await runService('endpoint-registry', () => {
  const settings = readRegistrySettings();
  return registryService(settings, createLogger('endpoint-registry', settings.logLevel));
});
