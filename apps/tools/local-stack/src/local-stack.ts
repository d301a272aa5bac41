import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  endOrphan,
  endOrphanedBroker,
  endOrphanedDatabase,
  type RunningBroker,
  type RunningDatabase,
  startEmbeddedBroker,
  startEmbeddedDatabase,
} from '@skillora/engines';

import { ownHost } from '@skillora/operability';

import type { GeneratedIdentity } from './generated-identity.js';
import { Service, SERVICE_END, servicePidFile } from './service.js';
import type { LocalStackSettings } from './settings.js';
import { type Part, Supervisor } from './supervisor.js';
import { span, type Terminal } from './terminal.js';

const SERVICES = ['endpoint-registry', 'event-ingest', 'dispatcher'] as const;
/** How long stopping waits for a start in progress before it stops what has started so far. */
const START_PATIENCE_MS = 8_000;

export interface LocalStackOptions {
  readonly settings: LocalStackSettings;
  readonly identity: GeneratedIdentity;
  readonly terminal: Terminal;
  /** The project's folder, which holds `apps/`. */
  readonly root: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The parts of the platform on one machine: broker and database (unless external ones are set), and the three
 * services.
 */
export class LocalStack {
  /** Bootstrap addresses; known once started. */
  brokers: string[] = [];
  private readonly engines: (RunningBroker | RunningDatabase)[] = [];
  private readonly services: Service[] = [];
  private readonly supervisors: Supervisor[] = [];
  private starting: Promise<unknown> = Promise.resolve();
  private ending = false;

  constructor(private readonly options: LocalStackOptions) {}

  /** Ends processes that an earlier stack on this data folder left behind when it was killed. */
  async endOrphans(): Promise<void> {
    const { settings, terminal } = this.options;
    const services = SERVICES.map((name) => ({
      name,
      ended: endOrphan(servicePidFile(settings.dataDir, name), SERVICE_END.signals, SERVICE_END.patienceMs),
    }));
    const engines = [
      { name: 'Kafka', ended: endOrphanedBroker(this.folder('kafka')) },
      { name: 'PostgreSQL', ended: endOrphanedDatabase(this.folder('postgres')) },
    ];
    for (const { name, ended } of [...services, ...engines]) {
      const pid = await ended;
      if (pid !== null)
        terminal.warn(`ended ${name} of an earlier run (pid ${pid}), which had been left behind`);
    }
  }

  /** Starts everything; resolves when every part is ready. Fails when one part cannot start. */
  async start(): Promise<void> {
    const starting = this.startEngines().then((urls) => this.startServices(urls));
    this.starting = starting.catch(() => undefined);
    await starting;
  }

  /** Stops the services, which finish their work first, and then broker and database. */
  async stop(): Promise<void> {
    this.ending = true;
    for (const supervisor of this.supervisors) supervisor.end();
    await Promise.all(this.services.map((service) => service.stop()));
    // Engines that are still starting cannot be stopped yet.
    await Promise.race([this.starting, sleep(START_PATIENCE_MS, undefined, { ref: false })]);
    await Promise.all(this.engines.map((engine) => engine.stop()));
    await Promise.all(this.supervisors.map((supervisor) => supervisor.settled()));
    for (const service of this.services) service.closeLog();
  }

  /** Kills everything at once. */
  async kill(): Promise<void> {
    this.ending = true;
    for (const supervisor of this.supervisors) supervisor.end();
    await Promise.all([...this.services, ...this.engines].map((part) => part.kill()));
  }

  private async startEngines(): Promise<{ databaseUrl: string }> {
    const { settings } = this.options;
    const [broker, database] = await Promise.allSettled([
      settings.kafkaBrokers === null ? this.startBroker() : settings.kafkaBrokers.split(','),
      settings.databaseUrl ?? this.startDatabase(),
    ]);
    if (broker.status === 'rejected') throw broker.reason;
    if (database.status === 'rejected') throw database.reason;
    this.brokers = broker.value;
    return { databaseUrl: database.value };
  }

  private async startBroker(): Promise<string[]> {
    const began = Date.now();
    const broker = await startEmbeddedBroker({
      dataDir: this.folder('kafka'),
      port: this.options.settings.kafkaPort,
      onProgress: (line) => this.options.terminal.progress(line),
    });
    this.adopt('Kafka', broker, began);
    return broker.brokers;
  }

  private async startDatabase(): Promise<string> {
    const began = Date.now();
    const database = await startEmbeddedDatabase({
      dataDir: this.folder('postgres'),
      port: this.options.settings.postgresPort,
      onProgress: (line) => this.options.terminal.progress(line),
    });
    this.adopt('PostgreSQL', database, began);
    return database.url;
  }

  private adopt(name: string, engine: RunningBroker | RunningDatabase, began: number): void {
    this.engines.push(engine);
    if (this.ending) return;
    this.supervise({
      name,
      start: () => engine.start(),
      onExit: (callback) => engine.onExit(callback),
    });
    this.options.terminal.done(`${engine.description} (${span(Date.now() - began)})`);
  }

  private async startServices({ databaseUrl }: { databaseUrl: string }): Promise<void> {
    if (this.ending) return;
    const { settings, identity, terminal, root } = this.options;
    const given = this.options.env ?? process.env;
    const places = {
      KAFKA_BROKERS: this.brokers.join(','),
      DATABASE_URL: databaseUrl,
      SECRETS_KEY: identity.secretsKey,
    };
    const addresses = {
      BOOTSTRAP_ORGANIZATION_ID: identity.organizationId,
      BOOTSTRAP_API_TOKEN: identity.apiToken,
      API_PORT: String(settings.apiPort),
      INGEST_PORT: String(settings.ingestPort),
      DISPATCHER_PORT: String(settings.dispatcherPort),
    };
    const { listenAddress } = settings;
    // Not stored: another instance with the stored environment would use the same ports.
    const management = {
      API_MANAGEMENT_PORT: String(settings.apiManagementPort),
      INGEST_MANAGEMENT_PORT: String(settings.ingestManagementPort),
    };
    writeEnvironment(settings.dataDir, { ...places, ...addresses });
    const env: NodeJS.ProcessEnv = {
      ...localDefaults(given),
      // The embedded broker is alone. An external cluster creates topics with its own default, unless this is
      // set.
      ...(settings.kafkaBrokers === null ? { TOPIC_REPLICATION_FACTOR: '1' } : {}),
      ...given,
      ...places,
      ...addresses,
      LISTEN_ADDRESS: listenAddress,
      ...management,
    };
    const ports: Record<(typeof SERVICES)[number], number> = {
      'endpoint-registry': settings.apiPort,
      'event-ingest': settings.ingestPort,
      dispatcher: settings.dispatcherPort,
    };
    for (const name of SERVICES) {
      const script = join(root, 'apps', name, 'dist', 'main.js');
      const service = new Service(
        { name, script, url: `http://${ownHost(listenAddress)}:${ports[name]}`, env, cwd: root },
        { dataDir: settings.dataDir, terminal },
      );
      this.services.push(service);
      this.supervise(service);
    }
    await Promise.all(
      this.services.map(async (service) => {
        const began = Date.now();
        await service.start();
        if (!this.ending)
          terminal.done(
            `${service.name} on port ${ports[service.name as keyof typeof ports]} (${span(Date.now() - began)})`,
          );
      }),
    );
  }

  private supervise(part: Part): void {
    this.supervisors.push(new Supervisor(part, (line) => this.options.terminal.warn(line)));
  }

  private folder(engine: string): string {
    return join(this.options.settings.dataDir, engine);
  }
}

/**
 * Stores how to reach this stack, for admin commands, load, and further instances; only its owner can read
 * the file.
 */
function writeEnvironment(dataDir: string, environment: Readonly<Record<string, string>>): void {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'environment.json');
  writeFileSync(file, `${JSON.stringify(environment, null, 2)}\n`, { mode: 0o600 });
}

/** A receiver under development uses http on loopback; elsewhere neither is allowed by default. */
const LOCAL_DEFAULTS = {
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8,::1/128',
};

/**
 * On the embedded broker no services of another release run beside these. With other schedules or another retention,
 * events may not be kept for as long as deliveries name them.
 */
const LARGE_BODIES = 'NAME_LARGE_BODIES';
const DECIDE_ABOUT_LARGE_BODIES = [
  'KAFKA_BROKERS',
  'RETENTION_DAYS',
  'RETRY_DELAYS',
  'EXTENDED_RETRY_DELAYS',
];

/**
 * Defaults for settings that are not set and not given as a file. A variable that is set and empty counts as
 * set.
 */
export function localDefaults(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isGiven = (variable: string): boolean =>
    given[variable] !== undefined || given[`${variable}_FILE`] !== undefined;
  const names = DECIDE_ABOUT_LARGE_BODIES.some(isGiven) ? {} : { [LARGE_BODIES]: 'true' };
  return Object.fromEntries(
    Object.entries({ ...LOCAL_DEFAULTS, ...names }).filter(([variable]) => !isGiven(variable)),
  );
}
