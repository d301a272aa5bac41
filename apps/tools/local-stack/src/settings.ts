import { resolve } from 'node:path';

import {
  isGiven,
  listenAddress,
  readSettings,
  setting,
  SettingsError,
  type SettingReader,
  text,
} from '@skillora/operability';

const listeningPort: SettingReader<number> = (value) => {
  const number = Number(value);
  if (!/^\d{1,5}$/.test(value) || number < 1 || number > 65_535) {
    throw new Error('must be a port number from 1 to 65535');
  }
  return number;
};

/** Every setting of the local stack itself. */
export const localStackDeclarations = {
  apiPort: setting('API_PORT', listeningPort, '3000'),
  ingestPort: setting('INGEST_PORT', listeningPort, '3001'),
  apiManagementPort: setting('API_MANAGEMENT_PORT', listeningPort, '3100'),
  ingestManagementPort: setting('INGEST_MANAGEMENT_PORT', listeningPort, '3101'),
  dispatcherPort: setting('DISPATCHER_PORT', listeningPort, '3002'),
  kafkaPort: setting('KAFKA_PORT', listeningPort, '9092'),
  postgresPort: setting('POSTGRES_PORT', listeningPort, '5432'),
  /** The address of the services. The embedded engines listen only on 127.0.0.1. */
  listenAddress: listenAddress('127.0.0.1'),
  dataDir: setting('DATA_DIR', text, '.data'),
  /** Empty for the embedded ones. */
  kafkaBrokers: setting('KAFKA_BROKERS', text, ''),
  databaseUrl: setting('DATABASE_URL', text, ''),
};

/** One port that a part listens on. */
export interface PortInUse {
  readonly variable: string;
  readonly port: number;
  /** What listens there. */
  readonly part: string;
  readonly host: string;
  /** Whether any free port will do, because nobody chose this one. */
  readonly givesWay?: boolean;
}

/** The settings that the local stack itself needs; the services read all others. */
export interface LocalStackSettings {
  readonly apiPort: number;
  readonly ingestPort: number;
  readonly apiManagementPort: number;
  readonly ingestManagementPort: number;
  /** Those of the two ports before that were set; a port that is not set is replaced if it is in use. */
  readonly managementPortsGiven: readonly string[];
  readonly dispatcherPort: number;
  readonly kafkaPort: number;
  readonly postgresPort: number;
  /** The address that the services listen on. */
  readonly listenAddress: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Null to start the embedded broker. */
  readonly kafkaBrokers: string | null;
  /** Null to start the embedded database. */
  readonly databaseUrl: string | null;
  readonly demo: boolean;
}

/**
 * Reads the settings from the environment and the command line (only `--no-demo`).
 * @throws {SettingsError} in one line, naming every bad setting.
 */
export function readLocalStackSettings(
  env: NodeJS.ProcessEnv = process.env,
  args: readonly string[] = process.argv.slice(2),
): LocalStackSettings {
  const unknown = args.filter((argument) => argument !== '--no-demo');
  if (unknown.length > 0) {
    throw new SettingsError(`unknown argument ${unknown.join(' ')}; the only one is --no-demo`);
  }
  const values = readSettings(localStackDeclarations, env);
  const settings: LocalStackSettings = {
    ...values,
    dataDir: resolve(values.dataDir),
    managementPortsGiven: ['API_MANAGEMENT_PORT', 'INGEST_MANAGEMENT_PORT'].filter((variable) =>
      isGiven(variable, env),
    ),
    kafkaBrokers: values.kafkaBrokers === '' ? null : values.kafkaBrokers,
    databaseUrl: values.databaseUrl === '' ? null : values.databaseUrl,
    demo: !args.includes('--no-demo'),
  };
  const byPort = new Map<number, string>();
  for (const { port, variable, givesWay } of portsToListenOn(settings)) {
    if (givesWay) continue;
    const other = byPort.get(port);
    if (other !== undefined)
      throw new SettingsError(`bad settings: ${other} and ${variable} are both ${port}`);
    byPort.set(port, variable);
  }
  return settings;
}

/** Every port the stack will listen on. */
export function portsToListenOn(settings: LocalStackSettings): PortInUse[] {
  const { listenAddress: services } = settings;
  const loopback = '127.0.0.1';
  const management = (variable: string, port: number, part: string): PortInUse => ({
    ...{ variable, port, part, host: services },
    givesWay: !settings.managementPortsGiven.includes(variable),
  });
  return [
    { variable: 'API_PORT', port: settings.apiPort, part: 'endpoint-registry', host: services },
    { variable: 'INGEST_PORT', port: settings.ingestPort, part: 'event-ingest', host: services },
    { variable: 'DISPATCHER_PORT', port: settings.dispatcherPort, part: 'dispatcher', host: services },
    management('API_MANAGEMENT_PORT', settings.apiManagementPort, 'endpoint-registry'),
    management('INGEST_MANAGEMENT_PORT', settings.ingestManagementPort, 'event-ingest'),
    ...(settings.kafkaBrokers === null
      ? [{ variable: 'KAFKA_PORT', port: settings.kafkaPort, part: 'Kafka', host: loopback }]
      : []),
    ...(settings.databaseUrl === null
      ? [{ variable: 'POSTGRES_PORT', port: settings.postgresPort, part: 'PostgreSQL', host: loopback }]
      : []),
  ];
}
