import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { Kafka, logLevel } from 'kafkajs';

import { jvmOptions, log4jConfiguration } from './broker-config.js';
import { brokerJars } from './broker-jars.js';
import { javaCommand } from './java.js';
import { OwnedProcess } from './owned-process.js';
import { endOrphan } from './pid-file.js';

const run = promisify(execFile);

/** One process of Kafka, broker and controller in one (KRaft). */
export interface BrokerNodeOptions {
  /** Its own folder, kept across starts. */
  readonly dataDir: string;
  /** The port for clients, on 127.0.0.1. */
  readonly port: number;
  /** Kafka's cluster id, the same for every node of a cluster. */
  readonly clusterId: string;
  /** `server.properties`, built at every start. @param logDir the folder of the log segments. */
  readonly properties: (logDir: string) => Promise<string>;
  /** More arguments of `kafka-storage format`. */
  readonly formatArguments?: readonly string[];
  /** The largest heap, MB. */
  readonly heapMb: number;
  /** How long an orderly shutdown may take before SIGKILL, ms. */
  readonly stopPatienceMs: number;
  readonly log?: ((line: string) => void) | undefined;
  /** Called with one line about each step that takes long. */
  readonly onProgress?: ((line: string) => void) | undefined;
}

const READY_DEADLINE_MS = 180_000;
const STOP_SIGNALS = ['SIGTERM'] as const;
const STOP_PATIENCE_MS = 8_000;

/** The file with the pid of a data folder's broker. */
const pidFileIn = (dataDir: string): string => join(resolve(dataDir), 'broker.pid');

/** Ends a broker that an earlier, killed run left behind in this data folder. Null when there was none. */
export function endOrphanedBroker(dataDir: string): Promise<number | null> {
  return endOrphan(pidFileIn(dataDir), STOP_SIGNALS, STOP_PATIENCE_MS);
}

/** Prepares one node without starting it. Needs Java 17, and Maven the first time, to download Kafka. */
export async function brokerNode(options: BrokerNodeOptions): Promise<OwnedProcess> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const jars = await brokerJars(options.onProgress ?? (() => undefined));
  const files = {
    properties: join(dataDir, 'server.properties'),
    log4j: join(dataDir, 'log4j2.xml'),
    logDir: join(dataDir, 'log-segments'),
  };
  await writeFile(files.log4j, log4jConfiguration(join(dataDir, 'server.log')));
  return new OwnedProcess({
    name: 'Kafka',
    pidFile: pidFileIn(dataDir),
    output: { file: join(dataDir, 'console.log') },
    ready: () => answers(options.port, options.clusterId),
    readyDeadlineMs: READY_DEADLINE_MS,
    stopSignals: STOP_SIGNALS,
    stopPatienceMs: options.stopPatienceMs,
    log: options.log,
    command: async () => {
      await writeFile(files.properties, await options.properties(files.logDir));
      const java = [`-Dlog4j2.configurationFile=${files.log4j}`, '-cp', join(jars, '*')];
      await format(files.logDir, [
        ...java,
        'kafka.tools.StorageTool',
        'format',
        '-t',
        options.clusterId,
        '-c',
        files.properties,
        ...(options.formatArguments ?? []),
      ]);
      return {
        file: javaCommand(),
        args: [...jvmOptions(options.heapMb), ...java, 'kafka.Kafka', files.properties],
        cwd: dataDir,
      };
    },
  });
}

/**
 * The cluster id in a file, which is created if it does not exist: 16 random bytes in base64url. It must not
 * begin with a dash, which would be read as an option.
 */
export async function readOrCreateClusterId(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  let id: string;
  do id = randomBytes(16).toString('base64url');
  while (id.startsWith('-'));
  await writeFile(file, `${id}\n`);
  return id;
}

async function format(logDir: string, args: readonly string[]): Promise<void> {
  if (existsSync(join(logDir, 'meta.properties'))) return;
  // An interrupted format leaves a folder that the next format refuses.
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

/**
 * True when the broker at the port answers requests and is a member of its own cluster, so that no other
 * broker uses the port.
 */
async function answers(port: number, clusterId: string): Promise<boolean> {
  const admin = new Kafka({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'readiness',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    return cluster.clusterId === clusterId && cluster.brokers.some((broker) => broker.port === port);
  } finally {
    await admin.disconnect();
  }
}
