import { meaningsOfEmpty } from '@skillora/operability/testing/empty-settings';

import { ingestDeclarations, readIngestSettings } from './settings.js';

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
  INGEST_PORT: 'refused',
  INGEST_MANAGEMENT_PORT: 'refused',
  TRUSTED_PROXIES: 'as not set',
  INTAKE_RATE_LIMIT: 'refused',
  INTAKE_RATE_LIMIT_BURST: 'refused',
  UNKNOWN_TOKEN_LIMIT: 'refused',
  INTAKE_TIMEOUT: 'refused',
  INTAKE_MAX_PENDING_BYTES: 'refused',
};

it('every setting of the service is refused when it is set and empty, or means none', () => {
  expect(meaningsOfEmpty(ingestDeclarations, readIngestSettings)).toEqual(WHEN_EMPTY);
});
