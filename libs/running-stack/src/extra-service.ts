import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from '@skillora/engines';
import { untilItHolds } from '@skillora/testing';

import { answers } from './answers.js';

/** The variable with the port of each service. */
const PORTS = {
  'endpoint-registry': 'API_PORT',
  'event-ingest': 'INGEST_PORT',
  dispatcher: 'DISPATCHER_PORT',
} as const;
/** The first instances use the default ports: 0 takes any free port. */
const MANAGEMENT_PORTS = { API_MANAGEMENT_PORT: '0', INGEST_MANAGEMENT_PORT: '0' };

/** How much of an instance's output is shown when it does not become ready. */
const SAID_CHARACTERS = 4_000;

/** One more instance of a service, as an operator adds one; nothing restarts it. */
export class ExtraService {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Starts it beside the system with its data in `dataDir`; resolves when it is ready. */
  static async start(
    name: keyof typeof PORTS,
    dataDir: string,
    settings: Record<string, string> = {},
  ): Promise<ExtraService> {
    const places = JSON.parse(await readFile(join(dataDir, 'environment.json'), 'utf8')) as object;
    const port = await freePort();
    const script = fileURLToPath(new URL(`../../../apps/${name}/dist/main.js`, import.meta.url));
    const child = spawn(process.execPath, [script], {
      env: { ...process.env, ...places, ...MANAGEMENT_PORTS, ...settings, [PORTS[name]]: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-SAID_CHARACTERS);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', listen);
    try {
      await untilItHolds(
        `another ${name} that is ready`,
        () => {
          if (child.exitCode !== null) {
            throw new Error(`another ${name} ended before it was ready, and said last:\n${said}`);
          }
          return answers(`http://127.0.0.1:${port}/health/ready`);
        },
        { everyMs: 100 },
      );
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return new ExtraService(child, port);
  }

  /** Resolves when it has ended. @returns its exit code, null when a signal ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  }
}
