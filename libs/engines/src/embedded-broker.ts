import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { SASL_MECHANISM, serverProperties } from './broker-config.js';
import { kafkaVersion } from './broker-jars.js';
import { brokerNode, readOrCreateClusterId } from './broker-node.js';
import { freePort } from './free-port.js';
import type { ProcessExit } from './owned-process.js';

/** A Kafka broker that is running, or can be started again. */
export interface RunningBroker {
  /** Bootstrap addresses, `host:port`. */
  readonly brokers: string[];
  /** A short description for people. */
  readonly description: string;
  /** `kill -9`, for fault tests: the broker cannot shut down in order. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; resolves when it answers. Does nothing when it runs. */
  start(): Promise<void>;
  /** Shuts it down in order. */
  stop(): Promise<void>;
  /** Called whenever it ends without `stop`. */
  onExit(callback: (info: ProcessExit) => void): void;
}

export interface EmbeddedBrokerOptions {
  /** Its own folder, kept across starts. */
  readonly dataDir: string;
  /** The port it listens on at 127.0.0.1. */
  readonly port: number;
  /** A second port with TLS (this certificate and key, PEM) and SASL SCRAM-SHA-512 (these users). */
  readonly secured?: {
    readonly port: number;
    readonly certificate: string;
    readonly key: string;
    readonly users: readonly { readonly username: string; readonly password: string }[];
    /** On that port, nobody may do anything without an ACL. Clients of the plain port may do everything. */
    readonly authorises?: boolean;
  };
  readonly log?: (line: string) => void;
  /** Called with one line about each step that takes long. */
  readonly onProgress?: (line: string) => void;
}

const HEAP_MB = 512;
const STOP_PATIENCE_MS = 8_000;

/**
 * Starts a local Kafka broker: a combined broker and controller (KRaft) on loopback only, with one replica of
 * everything; topics are not created automatically. Needs Java 17, and Maven the first time, to download
 * Kafka.
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<RunningBroker> {
  const { port, secured } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const keystore = join(dataDir, 'keystore.pem');
  if (secured) await writeFile(keystore, `${secured.key}${secured.certificate}`, { mode: 0o600 });
  const broker = await brokerNode({
    dataDir,
    port,
    clusterId: await readOrCreateClusterId(join(dataDir, 'cluster-id')),
    // A new port for the controller at every start, because only the broker itself uses it.
    properties: async (logDir) =>
      serverProperties({
        port,
        controllerPort: await freePort(),
        logDir,
        secured: secured && { port: secured.port, keystore, authorises: secured.authorises ?? false },
      }),
    formatArguments: (secured?.users ?? []).flatMap(({ username, password }) => [
      '--add-scram',
      `${SASL_MECHANISM}=[name=${username},password=${password}]`,
    ]),
    heapMb: HEAP_MB,
    stopPatienceMs: STOP_PATIENCE_MS,
    log: options.log,
    onProgress: options.onProgress,
  });
  await broker.start();
  const address = `127.0.0.1:${port}`;
  return {
    brokers: [address],
    description: `Kafka ${await kafkaVersion()} (embedded, ${address})`,
    kill: () => broker.kill(),
    start: () => broker.start(),
    stop: () => broker.stop(),
    onExit: (callback) => broker.onExit(callback),
  };
}
