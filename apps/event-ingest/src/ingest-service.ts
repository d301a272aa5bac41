import type { BatchTransport } from '@skillora/kafka';
import type { Logger, ServiceDefinition } from '@skillora/operability';
import { prepareRest } from '@skillora/rest';

import { HttpIntake } from './http-intake/http-intake.controller.js';
import { IngestModule, INTAKE_TRANSPORT } from './ingest.module.js';
import type { IngestSettings } from './settings.js';

/** A batch of a thousand events of the usual size. */
const BODY_LIMIT_BYTES = 4 * 1_024 * 1_024;

const INTAKE_SCOPE = 'events:write';

/** The parts of the service. */
export function ingestService(settings: IngestSettings, logger: Logger): ServiceDefinition {
  return {
    name: 'event-ingest',
    module: IngestModule.register(settings),
    port: settings.port,
    management: settings.management,
    logLevel: settings.logLevel,
    logger,
    trustedProxies: settings.trustedProxies,
    connections: settings,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    prepare: (app) => {
      prepareRest(app, {
        logger,
        // Other headers decide which types are accepted. The intake checks this once it knows whose request
        // it is.
        rawMediaTypes: ['application/json', '*'],
      });
      const fastify = app.getHttpAdapter().getInstance();
      const intake = app.get(HttpIntake);
      // After the token: a caller without one learns nothing else.
      fastify.addHook('onRequest', (request, _reply, done) => {
        const isIntake = request.routeOptions.config.scope === INTAKE_SCOPE;
        done(isIntake ? intake.refusalByHeaders(request) : undefined);
      });
      app.connectMicroservice({ strategy: app.get<BatchTransport>(INTAKE_TRANSPORT) });
    },
  };
}
