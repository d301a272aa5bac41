import { SettingsError } from '../settings.js';
import { readTracingSettings } from './tracing-settings.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('tracing', () => {
  it.each<[string, NodeJS.ProcessEnv]>([
    ['nothing is set', {}],
    ['everything is set and empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_EXPORTER: '' }],
    ['only a sampler is set', { OTEL_TRACES_SAMPLER: 'always_on' }],
    ['the exporter is none', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    ['the SDK is disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
    ['the SDK is disabled in capitals', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
    [
      'it is disabled and the rest is nonsense',
      { ...ENDPOINT, OTEL_SDK_DISABLED: 'true', OTEL_TRACES_SAMPLER: 'x' },
    ],
  ])('is off where %s', (_where, env) => {
    expect(readTracingSettings(env)).toBeNull();
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ['an endpoint', ENDPOINT, 'http://collector:4318/v1/traces'],
    [
      'an endpoint with a path',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/' },
      'https://c/otlp/v1/traces',
    ],
    ['an endpoint of traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/t' }, 'https://c/t'],
    ['both', { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/t' }, 'https://c/t'],
    ['the exporter alone', { OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
  ])('is on by %s, and spans go where the standard says', (_by, env, url) => {
    expect(readTracingSettings(env)).toMatchObject({
      url,
      protocol: 'http/protobuf',
      sampler: 'parentbased_always_on',
      maxQueueSize: 2_048,
    });
  });

  it('takes what is said of traces alone before what is said of everything', () => {
    const env = {
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.05',
    };
    expect(readTracingSettings(env)).toMatchObject({
      protocol: 'http/json',
      sampler: 'parentbased_traceidratio',
      ratio: 0.05,
    });
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_SDK_DISABLED', 'yes'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'grpc://collector:4317'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half'],
    ['OTEL_BSP_MAX_QUEUE_SIZE', '0'],
  ])('does not start with a bad %s', (variable, value) => {
    const read = () => readTracingSettings({ ...ENDPOINT, [variable]: value });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(new RegExp(`^bad settings: ${variable} must be `));
  });
});
