import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { isRunning, readPidFile, type RecordedProcess } from '@skillora/engines';
import { answers, type StackAddress } from '@skillora/running-stack';
import { Kafka, logLevel } from 'kafkajs';

/** The parts of a running system that its supervisor starts again when they end. */
export const PARTS = ['event-ingest', 'dispatcher', 'endpoint-registry', 'Kafka', 'PostgreSQL'] as const;
export type PartName = (typeof PARTS)[number];

/** Longer than the longest pause before a restart (10 s) and a broker's recovery after it. */
const BACK_LIMIT_MS = 60_000;

/** One part of one running system: found by the pid it wrote down, so that nothing else is ever hit. */
export class SystemPart {
  constructor(
    private readonly address: StackAddress,
    readonly name: PartName,
  ) {}

  /** `kill -9`; the supervisor starts it again. Does nothing while it does not run. */
  kill(): void {
    const running = this.running();
    if (running) process.kill(running.pid, 'SIGKILL');
  }

  /** Kills it and resolves once a new process has taken its place and the services say that they are ready again. */
  async killAndAwaitReturn(): Promise<void> {
    const former = this.running();
    this.kill();
    await this.back(former?.pid);
  }

  /** Kills it as often as it comes back, for `ms`; then resolves as {@link killAndAwaitReturn}. */
  async keepDown(ms: number): Promise<void> {
    const end = Date.now() + ms;
    while (Date.now() < end) {
      this.kill();
      await delay(100);
    }
    await this.back(undefined);
  }

  /** The pid of its process, while it runs. */
  get pid(): number | undefined {
    return this.running()?.pid;
  }

  /** Resolves once it runs and the services say that they are ready. */
  returned(): Promise<void> {
    return this.back(undefined);
  }

  private async back(formerPid: number | undefined): Promise<void> {
    const deadline = Date.now() + BACK_LIMIT_MS;
    while (!(await this.isBack(formerPid))) {
      if (Date.now() > deadline) throw new Error(`${this.name} did not come back within ${BACK_LIMIT_MS} ms`);
      await delay(100);
    }
  }

  private async isBack(formerPid: number | undefined): Promise<boolean> {
    const running = this.running();
    if (!running || running.pid === formerPid) return false;
    const { api, ingest, dispatcher, brokers } = this.address;
    // The services are patient: some seconds pass before they say that the broker is away.
    if (this.name === 'Kafka' && !(await answersRequests(brokers))) return false;
    const ready = await Promise.all(
      [api, ingest, dispatcher].map((service) => answers(`${service}/health/ready`)),
    );
    return ready.every(Boolean);
  }

  private running(): RecordedProcess | null {
    const recorded = readPidFile(join(this.address.dataDir, PID_FILES[this.name]));
    return recorded && isRunning(recorded) ? recorded : null;
  }
}

const PID_FILES: Readonly<Record<PartName, string>> = {
  'event-ingest': 'run/event-ingest.pid',
  dispatcher: 'run/dispatcher.pid',
  'endpoint-registry': 'run/endpoint-registry.pid',
  Kafka: 'kafka/broker.pid',
  PostgreSQL: 'postgres/postgres.pid',
};

/** True when the brokers answer requests. */
async function answersRequests(brokers: string[]): Promise<boolean> {
  const kafka = new Kafka({
    clientId: 'fault-tests',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
