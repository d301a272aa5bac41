import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Command, InvalidArgumentError, Option } from 'commander';

/** The parameters of a load test. */
export interface LoadSettings {
  /** Events a second. */
  readonly rate: number;
  readonly durationMs: number;
  /** The number of receivers; the first ones are healthy, then come the slow and the failing ones. */
  readonly endpoints: number;
  readonly slow: number;
  readonly failing: number;
  readonly slowAfterMs: number;
  /** How long to wait for missing deliveries. */
  readonly settleMs: number;
  readonly api: string;
  readonly ingest: string;
  readonly token: string;
  /** Publish to Kafka and not over HTTP. */
  readonly kafka: { readonly brokers: string[]; readonly organizationId: string } | null;
  readonly receiverAddress: string;
  readonly receiverHost: string;
  readonly keep: boolean;
  readonly json: boolean;
}

interface Options {
  readonly rate: number;
  readonly duration: number;
  readonly endpoints: number;
  readonly slow: number;
  readonly failing: number;
  readonly slowAfter: number;
  readonly settle: number;
  readonly api?: string;
  readonly ingest?: string;
  readonly door: 'http' | 'kafka';
  readonly brokers?: string;
  readonly organization?: string;
  readonly receiverAddress: string;
  readonly receiverHost?: string;
  readonly keep?: true;
  readonly json?: true;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < min || number > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return number;
  };

const span =
  (maxMs: number) =>
  (text: string): number => {
    const [, digits = '', unit = ''] = /^(\d{1,6})(ms|s|m|h)$/.exec(text) ?? [];
    const ms = Number(digits) * (UNITS_MS[unit] ?? NaN);
    if (!(ms > 0 && ms <= maxMs)) {
      throw new InvalidArgumentError(
        `It must be a duration such as 500ms, 30s or 5m, at most ${maxMs / 60_000} minutes.`,
      );
    }
    return ms;
  };

const origin = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It must be a URL such as https://api.example.com.');
  }
  return text;
};

const HELP = `
Without --api, --ingest and a token, the load goes to the installation that \`npm start\` runs here (DATA_DIR selects another).
The token comes from LOAD_TOKEN and needs the scopes endpoints:write and events:write. The receivers run on this machine.
--receiver-host is the name under which the dispatchers reach this machine. The dispatchers must allow http and the address
of this machine (ALLOW_HTTP_TARGETS, ALLOWED_TARGET_CIDRS). Receivers are registered at the start and removed at the end.
Exit codes: 0 everything arrived at the healthy receivers; 1 something is missing, or it could not run; 2 bad arguments.`;

/** The command line of the load generator. */
export function loadCommand(): Command {
  return new Command('load')
    .description(
      'Publishes events at a steady rate, receives their deliveries, and shows how many arrive and how late.',
    )
    .option('--rate <events>', 'events a second', whole(1, 50_000), 50)
    .option('--duration <time>', 'how long events are published, at most 1h', span(3_600_000), 30_000)
    .option('--endpoints <number>', 'the number of receivers', whole(1, 2_000), 5)
    .option('--slow <number>', 'how many of the receivers answer late', whole(0, 2_000), 0)
    .option('--failing <number>', 'how many of the receivers answer 500', whole(0, 2_000), 0)
    .option('--slow-after <time>', 'how late the slow receivers answer', span(600_000), 5_000)
    .option('--settle <time>', 'how long to wait at the end for missing deliveries', span(600_000), 30_000)
    .option('--api <url>', 'the URL of endpoint-registry', origin)
    .option('--ingest <url>', 'the URL of event-ingest', origin)
    .addOption(
      new Option('--door <door>', 'how events are published').choices(['http', 'kafka']).default('http'),
    )
    .option('--brokers <list>', 'with --door kafka: brokers, comma-separated, without TLS')
    .option('--organization <uuid>', 'with --door kafka: the organisation of the events')
    .option('--receiver-address <address>', 'the address on which the receivers listen', '127.0.0.1')
    .option(
      '--receiver-host <name>',
      'the host name in the URLs of the receivers (default: --receiver-address)',
    )
    .option('--keep', 'do not remove the endpoints at the end')
    .option('--json', 'print the final figures as JSON, and no progress')
    .addHelpText('after', HELP)
    .exitOverride();
}

/**
 * Reads the command line and the environment.
 * @throws {CommanderError} which commander has already printed.
 * @throws {Error} naming options that do not fit together.
 */
export function readLoadSettings(args: readonly string[], env: NodeJS.ProcessEnv): LoadSettings {
  const options = loadCommand().parse(args, { from: 'user' }).opts<Options>();
  if (options.slow + options.failing > options.endpoints) {
    throw new Error('--slow and --failing together cannot be more than --endpoints');
  }
  const local = localInstallation(env);
  const need = (value: string | undefined, name: string): string => {
    if (value === undefined || value === '') {
      throw new Error(`${name} is not given, and no installation of npm start runs here (DATA_DIR)`);
    }
    return value;
  };
  const localUrl = (port: string | undefined): string | undefined =>
    port === undefined ? undefined : `http://127.0.0.1:${port}`;
  const token = env['LOAD_TOKEN'] ?? (options.api === undefined ? local['BOOTSTRAP_API_TOKEN'] : undefined);
  return {
    rate: options.rate,
    durationMs: options.duration,
    endpoints: options.endpoints,
    slow: options.slow,
    failing: options.failing,
    slowAfterMs: options.slowAfter,
    settleMs: options.settle,
    api: need(options.api ?? localUrl(local['API_PORT']), '--api'),
    ingest: need(options.ingest ?? localUrl(local['INGEST_PORT']), '--ingest'),
    token: need(token, 'LOAD_TOKEN'),
    kafka:
      options.door === 'kafka'
        ? {
            brokers: need(options.brokers ?? local['KAFKA_BROKERS'], '--brokers').split(','),
            organizationId: need(
              options.organization ?? local['BOOTSTRAP_ORGANIZATION_ID'],
              '--organization',
            ),
          }
        : null,
    receiverAddress: options.receiverAddress,
    receiverHost: options.receiverHost ?? options.receiverAddress,
    keep: options.keep ?? false,
    json: options.json ?? false,
  };
}

/** The environment that `npm start` has stored; empty if it never ran. */
function localInstallation(env: NodeJS.ProcessEnv): Readonly<Record<string, string | undefined>> {
  const dataDir = resolve(
    env['DATA_DIR'] !== undefined && env['DATA_DIR'] !== '' ? env['DATA_DIR'] : '.data',
  );
  try {
    return JSON.parse(readFileSync(join(dataDir, 'environment.json'), 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
