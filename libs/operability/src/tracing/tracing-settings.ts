import {
  oneOf,
  readSettings,
  type Setting,
  setting,
  type SettingReader,
  text,
  wholeNumber,
} from '../settings.js';

/** How spans are sampled and sent. */
export interface TracingSettings {
  /** Where spans are posted to. */
  readonly url: string;
  readonly protocol: (typeof PROTOCOLS)[number];
  /**
   * The texts of the variables: `key=value` pairs, comma-separated. Headers of the traces' own variable take
   * precedence.
   */
  readonly headers: { readonly common: string; readonly traces: string };
  /** How long a request to the collector may take, including its repetitions. */
  readonly timeoutMs: number;
  readonly sampler: (typeof SAMPLERS)[number];
  /** The share of traces that a sampler by ratio records, 0 to 1. */
  readonly ratio: number;
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMs: number;
  readonly exportTimeoutMs: number;
}

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** The default address of a collector on the same machine (OTLP, §OTLP/HTTP default port). */
const DEFAULT_ENDPOINT = 'http://localhost:4318';
/** An optional setting: null when it is absent. */
function optional<T>(variable: string, read: SettingReader<T>): Setting<T | null> {
  return standing<T | null>(variable, (value) => (value === ABSENT ? null : read(value)), ABSENT);
}
const ABSENT = '';

const anyCase: SettingReader<boolean> = (value) => {
  const lower = value.toLowerCase();
  if (lower !== 'true' && lower !== 'false') throw new Error('must be true or false');
  return lower === 'true';
};

const webUrl: SettingReader<string> = (value) => {
  if (!URL.canParse(value) || !/^https?:/.test(value)) {
    throw new Error('must be a URL such as http://collector:4318');
  }
  return value;
};

const ratio: SettingReader<number> = (value) => {
  const number = Number(value);
  if (!/^(?:\d+(?:\.\d+)?|\.\d+)(?:e-?\d+)?$/i.test(value) || !(number >= 0 && number <= 1)) {
    throw new Error('must be a number from 0 to 1');
  }
  return number;
};

const milliseconds = wholeNumber(1, 600_000);

/** An empty variable counts as not set (OpenTelemetry, environment variables, "Parsing empty value"). */
function standing<T>(variable: string, read: SettingReader<T>, fallback: string): Setting<T> {
  return setting(variable, read, fallback, 'unset');
}

/** Whether tracing is on. */
const switches = {
  disabled: standing('OTEL_SDK_DISABLED', anyCase, 'false'),
  exporter: optional('OTEL_TRACES_EXPORTER', oneOf('otlp', 'none')),
  endpoint: optional('OTEL_EXPORTER_OTLP_ENDPOINT', webUrl),
  tracesEndpoint: optional('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', webUrl),
};

const details = {
  protocol: standing('OTEL_EXPORTER_OTLP_PROTOCOL', oneOf(...PROTOCOLS), 'http/protobuf'),
  tracesProtocol: optional('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', oneOf(...PROTOCOLS)),
  headers: standing('OTEL_EXPORTER_OTLP_HEADERS', text, ''),
  tracesHeaders: standing('OTEL_EXPORTER_OTLP_TRACES_HEADERS', text, ''),
  timeout: standing('OTEL_EXPORTER_OTLP_TIMEOUT', milliseconds, '10000'),
  tracesTimeout: optional('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', milliseconds),
  sampler: standing('OTEL_TRACES_SAMPLER', oneOf(...SAMPLERS), 'parentbased_always_on'),
  ratio: standing('OTEL_TRACES_SAMPLER_ARG', ratio, '1'),
  maxQueueSize: standing('OTEL_BSP_MAX_QUEUE_SIZE', wholeNumber(1, 1_000_000), '2048'),
  maxExportBatchSize: standing('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', wholeNumber(1, 1_000_000), '512'),
  scheduledDelayMs: standing('OTEL_BSP_SCHEDULE_DELAY', milliseconds, '5000'),
  exportTimeoutMs: standing('OTEL_BSP_EXPORT_TIMEOUT', milliseconds, '30000'),
};

/**
 * Reads OpenTelemetry's own variables. Unlike in its SDKs, tracing is off unless a collector is named, by an
 * endpoint or by `OTEL_TRACES_EXPORTER=otlp`. `none` and `OTEL_SDK_DISABLED=true` switch it off whatever else
 * is set.
 * @returns null when it is off; the other variables are then ignored.
 * @throws {SettingsError} naming the bad ones.
 */
export function readTracingSettings(env: NodeJS.ProcessEnv = process.env): TracingSettings | null {
  const { disabled, exporter, endpoint, tracesEndpoint } = readSettings(switches, env);
  const named = exporter === 'otlp' || endpoint !== null || tracesEndpoint !== null;
  if (disabled || exporter === 'none' || !named) return null;
  const given = readSettings(details, env);
  const { protocol, tracesProtocol, headers, tracesHeaders, timeout, tracesTimeout, ...rest } = given;
  return {
    ...rest,
    url: tracesEndpoint ?? `${(endpoint ?? DEFAULT_ENDPOINT).replace(/\/$/, '')}/v1/traces`,
    protocol: tracesProtocol ?? protocol,
    timeoutMs: tracesTimeout ?? timeout,
    headers: { common: headers, traces: tracesHeaders },
  };
}
