import { meaningsOfEmpty } from '@skillora/operability/testing/empty-settings';

import { dispatcherDeclarations, readDispatcherSettings } from './settings.js';

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
  EXTENDED_RETRY_DELAYS: 'refused',
  RETENTION_DAYS: 'refused',
  LOG_LEVEL: 'refused',
  DISPATCHER_PORT: 'refused',
  SECRETS_KEY: 'refused',
  DELIVERY_TIMEOUT: 'refused',
  ALLOW_HTTP_TARGETS: 'refused',
  NAME_LARGE_BODIES: 'refused',
  ONE_HOP: 'refused',
  ALLOWED_TARGET_CIDRS: 'as not set',
  TARGET_CA_FILE: 'as not set',
  NAT64_PREFIXES: 'as not set',
  ENDPOINT_CONCURRENCY: 'refused',
  FORBIDDEN_TARGET_CIDRS: 'as not set',
  HOST_CONCURRENCY: 'refused',
  DELIVERY_CONCURRENCY: 'refused',
};

it('every setting of the service is refused when it is set and empty, or means none', () => {
  expect(
    meaningsOfEmpty(dispatcherDeclarations, readDispatcherSettings, {
      SECRETS_KEY: Buffer.alloc(32).toString('base64'),
    }),
  ).toEqual(WHEN_EMPTY);
});
