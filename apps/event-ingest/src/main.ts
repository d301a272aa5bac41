import 'reflect-metadata';

import { createLogger, runService } from '@skillora/operability';

import { ingestService } from './ingest-service.js';
import { readIngestSettings } from './settings.js';

await runService('event-ingest', () => {
  const settings = readIngestSettings();
  return ingestService(settings, createLogger('event-ingest', settings.logLevel));
});
