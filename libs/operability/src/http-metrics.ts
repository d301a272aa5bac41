import type { FastifyInstance } from 'fastify';
import { Counter, Histogram } from 'prom-client';

/** Requests of orchestrators and Prometheus are left out, because they would outnumber everything else. */
const OF_NO_INTEREST = /^\/(health\/|metrics)/;
/** Replaces the path of a request without a route, so that no client can create labels. */
const NO_ROUTE = 'none';

/** Counts and times the requests of a service by route. */
export function observeRequests(fastify: FastifyInstance): void {
  const requests = new Counter({
    name: 'webhook_http_requests_total',
    help: 'Requests answered, by method, route and status',
    labelNames: ['method', 'route', 'status'] as const,
  });
  const duration = new Histogram({
    name: 'webhook_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, except streams',
    labelNames: ['method', 'route'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? NO_ROUTE;
    if (!OF_NO_INTEREST.test(route)) {
      const method = route === NO_ROUTE ? NO_ROUTE : request.method;
      requests.inc({ method, route, status: String(reply.statusCode) });
      const isStream = String(reply.getHeader('content-type')).startsWith('text/event-stream');
      if (!isStream) duration.observe({ method, route }, reply.elapsedTime / 1_000);
    }
    done();
  });
}
