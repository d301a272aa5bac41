import { kafkaSettings } from '@skillora/kafka';
import {
  connectionSettings,
  duration,
  managementPort,
  oneOf,
  port,
  readSettings,
  setting,
  wholeNumber,
} from '@skillora/operability';
import { tokenLimitSettings, trustedProxies } from '@skillora/rest';

const MANAGEMENT_PORT = 'INGEST_MANAGEMENT_PORT';

/** Every setting of the service. */
export const ingestDeclarations = {
  ...kafkaSettings,
  ...connectionSettings,
  ...tokenLimitSettings('INTAKE_RATE_LIMIT', { perSecond: 5_000, burst: 20_000 }),
  port: setting('INGEST_PORT', port, '3001'),
  managementPort: setting(MANAGEMENT_PORT, port, '3101'),
  trustedProxies: setting('TRUSTED_PROXIES', trustedProxies, ''),
  logLevel: setting('LOG_LEVEL', oneOf('debug', 'info', 'warn', 'error'), 'info'),
  /** How long a request waits for Kafka before it gets 503. */
  timeoutMs: setting('INTAKE_TIMEOUT', duration(100, 60_000), '5s'),
  /** How many bytes may wait in memory for Kafka; further requests get 503 at once. */
  maxPendingBytes: setting('INTAKE_MAX_PENDING_BYTES', wholeNumber(1_048_576, 4_294_967_296), '33554432'),
};

/** Injection token of the {@link IngestSettings}. */
export const INGEST_SETTINGS = Symbol('INGEST_SETTINGS');

export type IngestSettings = ReturnType<typeof readIngestSettings>;

/** Reads and checks the service's settings; see `.env.example` for what each means. */
export function readIngestSettings(env: NodeJS.ProcessEnv = process.env) {
  const { managementPort: chosen, ...settings } = readSettings(ingestDeclarations, env);
  return { ...settings, management: managementPort(MANAGEMENT_PORT, chosen, env) };
}
