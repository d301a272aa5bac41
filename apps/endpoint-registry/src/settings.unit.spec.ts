import { meaningsOfEmpty } from '@skillora/operability/testing/empty-settings';

import { registryDeclarations, readRegistrySettings } from './settings.js';

/** Where not set means none, empty is the same; nowhere does it stand for a default that is something. */
const WHEN_EMPTY = {
  KAFKA_BROKERS: 'refused',
  KAFKA_SSL: 'refused',
  KAFKA_SSL_CA: 'as not set',
  KAFKA_SSL_CERT: 'as not set',
  KAFKA_SSL_KEY: 'as not set',
  KAFKA_SASL_MECHANISM: 'as not set',
  KAFKA_SASL_USERNAME: 'as not set',
  KAFKA_SASL_PASSWORD: 'as not set',
  TOPIC_PARTITIONS: 'refused',
  // Empty: what the cluster says.
  TOPIC_REPLICATION_FACTOR: 'as not set',
  // There is a retry topic for each: a schedule of none is no setting of an installation.
  RETRY_DELAYS: 'refused',
  RETENTION_DAYS: 'refused',
  LOG_LEVEL: 'refused',
  KEEP_ALIVE_TIMEOUT: 'refused',
  SHUTDOWN_DELAY: 'refused',
  API_PORT: 'refused',
  API_MANAGEMENT_PORT: 'refused',
  DATABASE_URL: 'refused',
  DATABASE_CA: 'as not set',
  SECRETS_KEY: 'refused',
  PUBLIC_URL: 'as not set',
  TRUSTED_PROXIES: 'as not set',
  CORS_ORIGINS: 'as not set',
  RATE_LIMIT: 'refused',
  RATE_LIMIT_BURST: 'refused',
  UNKNOWN_TOKEN_LIMIT: 'refused',
  MAX_ENDPOINTS: 'refused',
  ENDPOINT_CHANGES_PER_HOUR: 'refused',
  ENDPOINT_DISABLE_AFTER: 'refused',
  ENDPOINT_DISABLE_FAILURES: 'refused',
  ENDPOINT_FAILING_AFTER: 'refused',
  API_QUERY_TIMEOUT: 'refused',
  BOOTSTRAP_ORGANIZATION_ID: 'as not set',
  BOOTSTRAP_API_TOKEN: 'as not set',
  DELIVERY_TIMEOUT: 'refused',
  ONE_HOP: 'refused',
  FIRST_ATTEMPT_IN_DELIVERY: 'refused',
  ALLOW_HTTP_TARGETS: 'refused',
  ALLOWED_TARGET_CIDRS: 'as not set',
  FORBIDDEN_TARGET_CIDRS: 'as not set',
  NAT64_PREFIXES: 'as not set',
};

it('every setting of the service is refused when it is set and empty, or means none', () => {
  expect(
    meaningsOfEmpty(registryDeclarations, readRegistrySettings, {
      SECRETS_KEY: Buffer.alloc(32).toString('base64'),
    }),
  ).toEqual(WHEN_EMPTY);
});
