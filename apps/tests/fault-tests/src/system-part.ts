import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { isRunning, readPidFile, type RecordedProcess } from '@skillora/engines';
import { answers, type StackAddress } from '@skillora/running-stack';
import { whileItMoves } from '@skillora/testing';
import { Kafka, logLevel } from 'kafkajs';

/** The parts of a running system that its supervisor starts again when they end. */
export const PARTS = ['event-ingest', 'dispatcher', 'endpoint-registry', 'Kafka', 'PostgreSQL'] as const;
export type PartName = (typeof PARTS)[number];

const LOOK_EVERY_MS = 100;

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

  /** Kills it as often as it comes back, until `end` is settled; then resolves as {@link killAndAwaitReturn}. */
  async keepDown(end: Promise<unknown>): Promise<void> {
    let ended = false;
    const done = (): void => void (ended = true);
    void end.then(done, done);
    while (!ended) {
      this.kill();
      await delay(LOOK_EVERY_MS);
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
    await whileItMoves(
      `the return of ${this.name}, and every service's word that it is ready,`,
      async () => {
        const come = await this.cameBack(formerPid);
        return { over: come === PARTS_OF_A_RETURN, come };
      },
      { everyMs: LOOK_EVERY_MS },
    );
  }

  /** How much of a return is there: the process, the broker's answers where it is the broker, the services' readiness. */
  private async cameBack(formerPid: number | undefined): Promise<number> {
    const running = this.running();
    if (!running || running.pid === formerPid) return 0;
    const { api, ingest, dispatcher, brokers } = this.address;
    // The services are patient: some seconds pass before they say that the broker is away.
    if (this.name === 'Kafka' && !(await answersRequests(brokers))) return 1;
    const ready = await Promise.all(
      [api, ingest, dispatcher].map((service) => answers(`${service}/health/ready`)),
    );
    return 2 + ready.filter(Boolean).length;
  }

  private running(): RecordedProcess | null {
    const recorded = readPidFile(join(this.address.dataDir, PID_FILES[this.name]));
    return recorded && isRunning(recorded) ? recorded : null;
  }
}

/** See {@link SystemPart}: the process, the broker, three services. */
const PARTS_OF_A_RETURN = 5;

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
    connectionTimeout: 5_000,
    requestTimeout: 10_000,
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
