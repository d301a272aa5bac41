import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePort } from '@skillora/engines';

import { answers } from './answers.js';

const LOCAL_STACK = fileURLToPath(new URL('../../../apps/tools/local-stack/dist/main.js', import.meta.url));

/** The public addresses of a running system. */
export interface StackAddress {
  readonly api: string;
  readonly ingest: string;
  readonly dispatcher: string;
  /** The metrics URL of each service. */
  readonly management: { readonly api: string; readonly ingest: string; readonly dispatcher: string };
  readonly brokers: string[];
  readonly organizationId: string;
  readonly token: string;
  /** Its data folder: the admin commands find the system through it. */
  readonly dataDir: string;
}

/** The whole system as `npm start -- --no-demo` starts it, on free ports, in its own folder. */
export class RunningStack {
  private output = '';
  /** The signals that end this process also end the stack. */
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

  /** Starts it; resolves when every service is ready. */
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

  /** Its terminal output. */
  get printed(): string {
    return this.output;
  }

  /** The process that is the ancestor of all parts of the system. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Ends it as an operator would; resolves with the exit code once no process is left. */
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

/** The first start may have to download the broker. */
const READY_LIMIT_MS = 600_000;
