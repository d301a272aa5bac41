import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { dispatcherEnv } from '../../testing/start-application.js';

const PROGRAM = fileURLToPath(new URL('one-hop-process.mjs', import.meta.url));

/** A dispatcher that delivers from the log of events, in a process of its own. It runs the built code. */
export class KillableDispatcher {
  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when it is ready. */
  static async start(brokers: string): Promise<KillableDispatcher> {
    const { PATH, TEST_LOG } = process.env;
    const env = { ...dispatcherEnv(brokers), PATH, ...(TEST_LOG && { TEST_LOG }) };
    const child = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (text) => {
        if (String(text).includes('ready')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the dispatcher ended with ${code}; is it built?`)));
    });
    return new KillableDispatcher(child);
  }

  /** Ends it at once, as `kill -9` does. Resolves when it is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}
