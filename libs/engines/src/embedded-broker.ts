import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { Kafka, logLevel } from 'kafkajs';

import { JVM_OPTIONS, log4jConfiguration, SASL_MECHANISM, serverProperties } from './broker-config.js';
import { brokerJars, kafkaVersion } from './broker-jars.js';
import { freePort } from './free-port.js';
import { javaCommand } from './java.js';
import { OwnedProcess, type ProcessExit } from './owned-process.js';
import { endOrphan } from './pid-file.js';

const run = promisify(execFile);

/** A Kafka broker that is running, or can be started again. */
export interface RunningBroker {
  /** Bootstrap addresses, `host:port`. */
  readonly brokers: string[];
  /** What it is, in a few words for people. */
  readonly description: string;
  /** `kill -9`, for fault tests: the broker gets no chance to put anything in order. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; resolves when it answers. Does nothing when it runs. */
  start(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Calls back whenever it ends other than by `stop`. */
  onExit(callback: (info: ProcessExit) => void): void;
}

export interface EmbeddedBrokerOptions {
  /** A folder of its own; kept across starts. */
  readonly dataDir: string;
  /** The port it listens on at 127.0.0.1. */
  readonly port: number;
  /** A second port with TLS (this certificate and key, PEM) and SASL SCRAM-SHA-512 (this user). */
  readonly secured?: {
    readonly port: number;
    readonly certificate: string;
    readonly key: string;
    readonly username: string;
    readonly password: string;
  };
  readonly log?: (line: string) => void;
  /** Told what takes long, one line each time. */
  readonly onProgress?: (line: string) => void;
}

const READY_DEADLINE_MS = 180_000;
const STOP_SIGNALS = ['SIGTERM'] as const;
const STOP_PATIENCE_MS = 8_000;
const pidFileIn = (dataDir: string): string => join(resolve(dataDir), 'broker.pid');

/** Ends a broker that an earlier run, killed itself, left behind in this data folder. Null when there was none. */
export function endOrphanedBroker(dataDir: string): Promise<number | null> {
  return endOrphan(pidFileIn(dataDir), STOP_SIGNALS, STOP_PATIENCE_MS);
}

/**
 * Starts a Kafka broker of this machine's own: a combined broker and controller (KRaft), reachable on loopback only, one
 * replica of everything, topics only by request. Needs Java 17, and Maven the first time, to fetch it.
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<RunningBroker> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const jars = await brokerJars(options.onProgress ?? (() => undefined));
  const files = {
    properties: join(dataDir, 'server.properties'),
    log4j: join(dataDir, 'log4j2.xml'),
    clusterId: join(dataDir, 'cluster-id'),
    logDir: join(dataDir, 'log-segments'),
    keystore: join(dataDir, 'keystore.pem'),
  };
  const { secured } = options;
  if (secured) await writeFile(files.keystore, `${secured.key}${secured.certificate}`, { mode: 0o600 });
  const clusterId = await readOrCreateClusterId(files.clusterId);
  await writeFile(files.log4j, log4jConfiguration(join(dataDir, 'server.log')));
  const address = `127.0.0.1:${options.port}`;

  const broker = new OwnedProcess({
    name: 'Kafka',
    pidFile: pidFileIn(dataDir),
    output: { file: join(dataDir, 'console.log') },
    ready: () => answers(address, clusterId),
    readyDeadlineMs: READY_DEADLINE_MS,
    stopSignals: STOP_SIGNALS,
    stopPatienceMs: STOP_PATIENCE_MS,
    log: options.log,
    command: async () => {
      // A new port at every start, as nobody but the broker itself has to know it.
      const controllerPort = await freePort();
      await writeFile(
        files.properties,
        serverProperties({
          port: options.port,
          controllerPort,
          logDir: files.logDir,
          secured: secured && { port: secured.port, keystore: files.keystore },
        }),
      );
      const java = [`-Dlog4j2.configurationFile=${files.log4j}`, '-cp', join(jars, '*')];
      await format(files.logDir, [
        ...java,
        'kafka.tools.StorageTool',
        'format',
        '-t',
        clusterId,
        '-c',
        files.properties,
        ...(secured
          ? ['--add-scram', `${SASL_MECHANISM}=[name=${secured.username},password=${secured.password}]`]
          : []),
      ]);
      return {
        file: javaCommand(),
        args: [...JVM_OPTIONS, ...java, 'kafka.Kafka', files.properties],
        cwd: dataDir,
      };
    },
  });
  await broker.start();
  return {
    brokers: [address],
    description: `Kafka ${await kafkaVersion()} (embedded, ${address})`,
    kill: () => broker.kill(),
    start: () => broker.start(),
    stop: () => broker.stop(),
    onExit: (callback) => broker.onExit(callback),
  };
}

/** Kafka's cluster id: 16 random bytes in base64url. A leading dash would be read as an option. */
async function readOrCreateClusterId(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  let id: string;
  do id = randomBytes(16).toString('base64url');
  while (id.startsWith('-'));
  await writeFile(file, `${id}\n`);
  return id;
}

async function format(logDir: string, args: readonly string[]): Promise<void> {
  if (existsSync(join(logDir, 'meta.properties'))) return;
  // A format that was interrupted leaves a folder that the next one refuses.
  await rm(logDir, { recursive: true, force: true });
  try {
    await run(javaCommand(), ['-Xshare:auto', '-XX:TieredStopAtLevel=1', ...args, '--ignore-formatted']);
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`Kafka's storage could not be formatted: ${said.trim() || String(error)}`, {
      cause: error,
    });
  }
}

/** True when the broker at the address answers requests and is this one, not another on the same port. */
async function answers(address: string, clusterId: string): Promise<boolean> {
  const admin = new Kafka({
    brokers: [address],
    clientId: 'readiness',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    return cluster.clusterId === clusterId && cluster.brokers.length > 0;
  } finally {
    await admin.disconnect();
  }
}
