import { parseCidrs, parseNat64Prefixes } from '@skillora/egress';
import { isUuid } from '@skillora/contracts';
import { kafkaSettings } from '@skillora/kafka';
import {
  connectionSettings,
  duration,
  flag,
  list,
  managementPort,
  oneOf,
  pemFile,
  port,
  readSettings,
  setting,
  SettingsError,
  type SettingReader,
  webOrigin,
  wholeNumber,
} from '@skillora/operability';
import { publicUrl, tokenLimitSettings, trustedProxies } from '@skillora/rest';
import { SecretBox } from '@skillora/signing';

import { healthSettings } from './health/health-rules.js';

/** A token that can be guessed protects nothing. */
const MIN_TOKEN_LENGTH = 32;

const organizationId: SettingReader<string | null> = (value) => {
  if (value !== NONE && !isUuid(value)) throw new Error('must be a UUID');
  return value === NONE ? null : value.toLowerCase();
};

const token: SettingReader<string | null> = (value) => {
  if (value !== NONE && !/^[\w\-.~+/]+=*$/.test(value))
    throw new Error('must consist of letters, digits and -._~+/');
  if (value !== NONE && value.length < MIN_TOKEN_LENGTH) {
    throw new Error(`must have at least ${MIN_TOKEN_LENGTH} characters`);
  }
  return value === NONE ? null : value;
};

const databaseUrl: SettingReader<string> = (value) => {
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new Error('must be a URL such as postgres://user:password@host:5432/database');
  }
  return value;
};

/** Makes a setting optional. */
const NONE = 'none';

/** The address of the database; the admin commands have this setting too. */
export const databaseSettings = {
  databaseUrl: setting('DATABASE_URL', databaseUrl, 'postgres://postgres:postgres@127.0.0.1:5432/postgres'),
  databaseCa: setting('DATABASE_CA', pemFile, ''),
};

/** The keys in SECRETS_KEY, newest first. */
function keyTexts(value: string): [string, ...string[]] {
  const [newest = '', ...older] = value.split(',').map((text) => text.trim());
  return [newest, ...older];
}

/** Encrypts and decrypts endpoint secrets; `secrets rotate` has this setting too. */
export const secretsKeySetting = {
  secretsKey: setting('SECRETS_KEY', (value) => ({
    box: SecretBox.fromSetting(value),
    texts: keyTexts(value),
  })),
};

const MANAGEMENT_PORT = 'API_MANAGEMENT_PORT';

/** The longest time that can be set for a query of the API, ms. */
const LONGEST_QUERY_MS = 600_000;

/** The highest limit of endpoints that can be set for an organisation. */
export const MOST_ENDPOINTS = 100_000;

/** How many endpoints an organisation can have, unless an operator has set another limit for it. */
export const endpointLimitSetting = {
  maxEndpoints: setting('MAX_ENDPOINTS', wholeNumber(1, MOST_ENDPOINTS), '100'),
};

/** Whether dispatchers deliver from the log of events, see `docs/decisions/36`; the admin commands have this setting too. */
export const oneHopSetting = { isOneHop: setting('ONE_HOP', flag, 'true') };

/** Whether projection and rebuild write a first attempt that succeeds into the row of its delivery, see `docs/decisions/38`. */
export const firstAttemptSetting = {
  firstAttemptInDelivery: setting('FIRST_ATTEMPT_IN_DELIVERY', flag, 'true'),
};

/** Every setting of the service. */
export const registryDeclarations = {
  ...kafkaSettings,
  ...connectionSettings,
  ...databaseSettings,
  ...secretsKeySetting,
  ...tokenLimitSettings('RATE_LIMIT', { perSecond: 200, burst: 1_000 }),
  ...endpointLimitSetting,
  ...oneHopSetting,
  ...firstAttemptSetting,
  changesPerHour: setting('ENDPOINT_CHANGES_PER_HOUR', wholeNumber(1, 1_000_000), '10000'),
  queryTimeoutMs: setting('API_QUERY_TIMEOUT', duration(100, LONGEST_QUERY_MS), '10s'),
  port: setting('API_PORT', port, '3000'),
  managementPort: setting(MANAGEMENT_PORT, port, '3100'),
  publicUrl: setting('PUBLIC_URL', publicUrl, NONE, 'unset'),
  logLevel: setting('LOG_LEVEL', oneOf('debug', 'info', 'warn', 'error'), 'info'),
  trustedProxies: setting('TRUSTED_PROXIES', trustedProxies, ''),
  corsOrigins: setting('CORS_ORIGINS', list(webOrigin), ''),
  bootstrapOrganizationId: setting('BOOTSTRAP_ORGANIZATION_ID', organizationId, NONE, 'unset'),
  bootstrapToken: setting('BOOTSTRAP_API_TOKEN', token, NONE, 'unset'),
  ...healthSettings,
  deliveryTimeoutMs: setting('DELIVERY_TIMEOUT', duration(100, 600_000), '30s'),
  allowHttpTargets: setting('ALLOW_HTTP_TARGETS', flag, 'false'),
  allowedTargetCidrs: setting('ALLOWED_TARGET_CIDRS', parseCidrs, ''),
  forbiddenTargetCidrs: setting('FORBIDDEN_TARGET_CIDRS', parseCidrs, ''),
  nat64Prefixes: setting('NAT64_PREFIXES', parseNat64Prefixes, ''),
};

/** Injection token of the {@link RegistrySettings}. */
export const REGISTRY_SETTINGS = Symbol('REGISTRY_SETTINGS');

export type RegistrySettings = ReturnType<typeof readRegistrySettings>;

/** Reads and checks the registry's settings; see `.env.example` for what each means. */
export function readRegistrySettings(env: NodeJS.ProcessEnv = process.env) {
  const { managementPort: chosen, ...settings } = readSettings(registryDeclarations, env);
  if (settings.bootstrapToken !== null && settings.bootstrapOrganizationId === null) {
    throw new SettingsError(
      'bad settings: BOOTSTRAP_API_TOKEN needs BOOTSTRAP_ORGANIZATION_ID, whose token it is',
    );
  }
  return { ...settings, management: managementPort(MANAGEMENT_PORT, chosen, env) };
}
