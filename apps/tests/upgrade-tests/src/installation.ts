import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort, OwnedProcess, startTestEngines, type TestEngines } from '@skillora/engines';

import type { Release } from './release.js';

const run = promisify(execFile);

const PORT_SETTINGS = {
  'endpoint-registry': 'API_PORT',
  'event-ingest': 'INGEST_PORT',
  dispatcher: 'DISPATCHER_PORT',
} as const;
export type ServiceName = keyof typeof PORT_SETTINGS;

const READY_LIMIT_MS = 300_000;
const DRAIN_LIMIT_MS = 120_000;
const HEALTH_LIMIT_MS = 10_000;
/** kafkajs 2.2.4 sets timers in the past, and newer versions of Node warn about this, to no use. */
const NODE_FLAGS = ['--disable-warning=TimeoutNegativeWarning'];

/** An instance of a service of one release, ready for work. */
export interface ServiceCopy {
  readonly url: string;
  /** Ends it as operators do: SIGTERM, and time to finish. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

/**
 * The broker and the database of an installation, for services of any release and any number of instances.
 */
export class Installation {
  readonly organizationId = randomUUID();
  readonly token = `upgrade_${randomBytes(32).toString('base64url')}`;
  private readonly secretsKey = randomBytes(32).toString('base64');
  private readonly copies = new Set<OwnedProcess>();

  private constructor(
    private readonly engines: TestEngines,
    private readonly databaseUrl: string,
    private readonly folder: string,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /** @param settings for all services. */
  static async create(settings: Readonly<Record<string, string>>): Promise<Installation> {
    const engines = await startTestEngines();
    const folder = await mkdtemp(join(tmpdir(), 'skillora-upgrade-'));
    return new Installation(engines, await engines.createDatabase(), folder, settings);
  }

  get brokers(): string[] {
    return this.engines.brokers;
  }

  /** What producers and customers need in addition to the address of a service. */
  get address(): { readonly brokers: string[]; readonly organizationId: string; readonly token: string } {
    return { brokers: this.brokers, organizationId: this.organizationId, token: this.token };
  }

  /**
   * Starts an instance of a service; resolves when it is ready.
   * @param settings its own ones.
   */
  async start(
    release: Release,
    service: ServiceName,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<ServiceCopy> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const script = join(release.root, 'apps', service, 'dist', 'main.js');
    const copy = new OwnedProcess({
      name: `${service} of the ${release.name} release`,
      pidFile: join(this.folder, `${service}-${port}.pid`),
      command: () => ({
        file: process.execPath,
        args: [...NODE_FLAGS, script],
        env: { ...this.environment, ...settings, [PORT_SETTINGS[service]]: String(port) },
        cwd: release.root,
      }),
      output: { file: join(this.folder, `${service}-${port}.log`) },
      ready: async () =>
        (await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) })).ok,
      readyDeadlineMs: READY_LIMIT_MS,
      stopSignals: ['SIGTERM'],
      stopPatienceMs: DRAIN_LIMIT_MS,
    });
    this.copies.add(copy);
    await copy.start();
    return { url, stop: () => copy.stop(), kill: () => copy.kill() };
  }

  /**
   * Runs a release's migration job, which runs before the services of that release.
   * @returns the newest migration.
   */
  async migrate(release: Release): Promise<string> {
    const admin = join(release.root, 'apps/endpoint-registry/dist/admin.js');
    const { stdout } = await run(process.execPath, [...NODE_FLAGS, admin, 'migrate'], {
      env: this.environment,
      cwd: release.root,
    });
    return stdout.trim();
  }

  /** Ends all processes and deletes the data. */
  async end(): Promise<void> {
    await Promise.all([...this.copies].map((copy) => copy.kill()));
    await this.engines.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      KAFKA_BROKERS: this.brokers.join(','),
      DATABASE_URL: this.databaseUrl,
      SECRETS_KEY: this.secretsKey,
      BOOTSTRAP_ORGANIZATION_ID: this.organizationId,
      BOOTSTRAP_API_TOKEN: this.token,
      // Several instances of each service run on one machine. The release before has no such port.
      API_MANAGEMENT_PORT: '0',
      INGEST_MANAGEMENT_PORT: '0',
      ...this.settings,
    };
  }
}
