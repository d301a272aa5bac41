import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const ADMIN = fileURLToPath(new URL('../../dist/admin.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end, on the broker of the run. @param ended ends it sooner. */
export function runAdmin(
  databaseUrl: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  ended?: AbortSignal,
): Promise<Outcome> {
  const child = spawn(process.execPath, ['--no-warnings', ADMIN, ...args], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
      ...env,
    },
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ended?.addEventListener('abort', () => child.kill('SIGTERM'));
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, stdout: stdout.trim(), stderr: stderr.trim() })),
  );
}
