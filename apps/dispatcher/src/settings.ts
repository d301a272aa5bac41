import { parseCidrs, parseNat64Prefixes } from '@skillora/egress';
import { kafkaSettings } from '@skillora/kafka';
import { duration, flag, list, oneOf, port, readSettings, setting, wholeNumber } from '@skillora/operability';
import { SecretBox } from '@skillora/signing';

import { certificatesFile } from './http/certificates-file.js';

const DAY_MS = 86_400_000;

/** Every setting of the service. */
export const dispatcherDeclarations = {
  ...kafkaSettings,
  port: setting('DISPATCHER_PORT', port, '3002'),
  logLevel: setting('LOG_LEVEL', oneOf('debug', 'info', 'warn', 'error'), 'info'),
  secretBox: setting('SECRETS_KEY', (value) => SecretBox.fromSetting(value)),
  /** Whether new deliveries name a large body in place of copying it. Releases before this one cannot read that. */
  namesLargeBodies: setting('NAME_LARGE_BODIES', flag, 'false'),
  /** The delay before each automatic retry of an endpoint with the extended schedule, ms. */
  extendedRetryDelaysMs: setting(
    'EXTENDED_RETRY_DELAYS',
    list(duration(100, DAY_MS), 1),
    '1m,5m,30m,2h,5h,10h,10h,10h,24h',
  ),
  deliveryTimeoutMs: setting('DELIVERY_TIMEOUT', duration(100, 600_000), '30s'),
  allowHttpTargets: setting('ALLOW_HTTP_TARGETS', flag, 'false'),
  allowedTargetCidrs: setting('ALLOWED_TARGET_CIDRS', parseCidrs, ''),
  forbiddenTargetCidrs: setting('FORBIDDEN_TARGET_CIDRS', parseCidrs, ''),
  nat64Prefixes: setting('NAT64_PREFIXES', parseNat64Prefixes, ''),
  targetAuthorities: setting('TARGET_CA_FILE', certificatesFile, ''),
  /** Whether it delivers from the log of events, see `docs/decisions/36`. */
  isOneHop: setting('ONE_HOP', flag, 'true'),
  /**
   * Limits of concurrent requests of one instance: to one endpoint, to one host for one organisation, and to
   * all endpoints.
   */
  endpointConcurrency: setting('ENDPOINT_CONCURRENCY', wholeNumber(1, 1_000), '32'),
  hostConcurrency: setting('HOST_CONCURRENCY', wholeNumber(1, 10_000), '128'),
  deliveryConcurrency: setting('DELIVERY_CONCURRENCY', wholeNumber(1, 10_000), '512'),
};

/** Injection token of the {@link DispatcherSettings}. */
export const DISPATCHER_SETTINGS = Symbol('DISPATCHER_SETTINGS');

export type DispatcherSettings = ReturnType<typeof readDispatcherSettings>;

/** Reads and checks the dispatcher's settings; see `.env.example` for what each means. */
export function readDispatcherSettings(env: NodeJS.ProcessEnv = process.env) {
  return readSettings(dispatcherDeclarations, env);
}
