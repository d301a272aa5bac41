import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from '@skillora/engines';

import { answers } from './answers.js';

const LOCAL_STACK = fileURLToPath(new URL('../../../apps/local-stack/dist/main.js', import.meta.url));

/** How to reach a running system, all of it public. */
export interface StackAddress {
  readonly api: string;
  readonly ingest: string;
  readonly dispatcher: string;
  /** Where each service tells its metrics. */
  readonly management: { readonly api: string; readonly ingest: string; readonly dispatcher: string };
  readonly brokers: string[];
  readonly organizationId: string;
  readonly token: string;
  /** Where it keeps its data: the admin commands find the system by it. */
  readonly dataDir: string;
}

/** The whole system as `npm start -- --no-demo` brings it up, on free ports, in a folder of its own. */
export class RunningStack {
  private output = '';
  /** Whoever is told to end while it runs takes it along. */
  private readonly endToo = (): void => void this.stop().finally(() => process.exit(1));

  private constructor(
    readonly address: StackAddress,
    private readonly child: ChildProcess,
  ) {
    process.once('SIGTERM', this.endToo);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')));
    }
  }

  /** Starts it; resolves when every service says that it is ready. */
  static async start(settings: Record<string, string> = {}): Promise<RunningStack> {
    const [api, ingest, dispatcher, kafka, postgres, apiManagement, ingestManagement] = await Promise.all(
      Array.from({ length: 7 }, () => freePort()),
    );
    const dataDir = await mkdtemp(join(tmpdir(), 'skillora-end-to-end-'));
    const organizationId = randomUUID();
    const token = `e2e_${randomBytes(32).toString('base64url')}`;
    const child = spawn(process.execPath, [LOCAL_STACK, '--no-demo'], {
      env: {
        ...process.env,
        DATA_DIR: dataDir,
        API_PORT: String(api),
        INGEST_PORT: String(ingest),
        DISPATCHER_PORT: String(dispatcher),
        API_MANAGEMENT_PORT: String(apiManagement),
        INGEST_MANAGEMENT_PORT: String(ingestManagement),
        KAFKA_PORT: String(kafka),
        POSTGRES_PORT: String(postgres),
        BOOTSTRAP_ORGANIZATION_ID: organizationId,
        BOOTSTRAP_API_TOKEN: token,
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const address: StackAddress = {
      api: `http://127.0.0.1:${api}`,
      ingest: `http://127.0.0.1:${ingest}`,
      dispatcher: `http://127.0.0.1:${dispatcher}`,
      management: {
        api: `http://127.0.0.1:${apiManagement}`,
        ingest: `http://127.0.0.1:${ingestManagement}`,
        dispatcher: `http://127.0.0.1:${dispatcher}`,
      },
      brokers: settings['KAFKA_BROKERS']?.split(',') ?? [`127.0.0.1:${kafka}`],
      organizationId,
      token,
      dataDir,
    };
    const stack = new RunningStack(address, child);
    try {
      await stack.ready();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** What it has said at its terminal. */
  get printed(): string {
    return this.output;
  }

  /** The process all parts of the system descend from. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends it as an operator would; resolves with the exit code once nothing of it is left. */
  async stop(): Promise<number | null> {
    const { child } = this;
    process.off('SIGTERM', this.endToo);
    if (child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
    }
    await rm(this.address.dataDir, { recursive: true, force: true, maxRetries: 5 });
    return child.exitCode;
  }

  private async ready(): Promise<void> {
    const { api, ingest, dispatcher } = this.address;
    const deadline = Date.now() + READY_LIMIT_MS;
    for (const service of [api, ingest, dispatcher]) {
      while (!(await answers(`${service}/health/ready`))) {
        if (this.child.exitCode !== null || Date.now() > deadline) {
          throw new Error(`the system did not become ready:\n${this.output}`);
        }
        await delay(100);
      }
    }
  }
}

/** The first start may have to fetch the broker. */
const READY_LIMIT_MS = 600_000;
