import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, untilItHolds } from '@skillora/engines';

import { answers } from './answers.js';

const DISPATCHER = fileURLToPath(new URL('../../../apps/dispatcher/dist/main.js', import.meta.url));

/** One more copy of the dispatcher, as an operator adds one; no supervisor starts it again. */
export class ExtraDispatcher {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts it beside the system that keeps its data in `dataDir`; resolves when it says that it is ready. */
  static async start(dataDir: string, settings: Record<string, string>): Promise<ExtraDispatcher> {
    const places = JSON.parse(await readFile(join(dataDir, 'environment.json'), 'utf8')) as object;
    const port = await freePort();
    const child = spawn(process.execPath, [DISPATCHER], {
      env: { ...process.env, ...places, ...settings, DISPATCHER_PORT: String(port) },
      stdio: 'ignore',
    });
    try {
      await untilItHolds(
        'a further dispatcher that is ready',
        () => {
          if (child.exitCode !== null) throw new Error('a further dispatcher ended before it was ready');
          return answers(`http://127.0.0.1:${port}/health/ready`);
        },
        { everyMs: 100 },
      );
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return new ExtraDispatcher(child);
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
