import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { Customer } from './testing/customer.js';

const LOAD = fileURLToPath(new URL('../../../tools/load/dist/main.js', import.meta.url));
// The generator finds the installation and its own customer by the folder; no other spec counts what that one has.
const installation = Customer.ofInstallation();
const { dataDir, api } = installation.address;

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the load generator as an operator does, beside the stack. */
function load(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--no-warnings', LOAD, ...args],
      { env: { PATH: process.env['PATH'], DATA_DIR: dataDir } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

describe('the load generator', () => {
  it.each(['http', 'kafka'])('shows that everything arrives which it publishes over %s', async (door) => {
    const before = (await installation.endpoints()).map(({ id }) => id);
    const { code, stdout } = await load(
      ...['--door', door, '--rate', '60', '--duration', '1s', '--json'],
      ...['--endpoints', '4', '--slow', '1', '--failing', '1', '--slow-after', '100ms', '--settle', '10m'],
    );
    const figures = JSON.parse(stdout) as Record<string, unknown>;
    expect(figures).toMatchObject({ published: 60, accepted: 60, refused: {} });
    expect(figures['groups']).toMatchObject([
      { group: 'healthy', endpoints: 2, expected: 120, arrived: 120 },
      { group: 'slow', endpoints: 1, expected: 60, arrived: 60 },
      { group: 'failing', endpoints: 1, expected: 60, arrived: 60 },
    ]);
    expect(code).toBe(0);
    expect((await installation.endpoints()).map(({ id }) => id)).toEqual(before);
  });

  it('tells where it stands, and ends with 1 when a healthy receiver got nothing', async () => {
    // Nobody listens at the name it gives: the receivers are elsewhere.
    const elsewhere = ['--receiver-host', '127.0.0.9', '--settle', '300ms'];
    const { code, stdout, stderr } = await load(
      '--rate',
      '5',
      '--duration',
      '1s',
      '--endpoints',
      '1',
      ...elsewhere,
    );
    expect(stdout).toMatch(/healthy +1 endpoint: 0 of 5 arrived/);
    expect(stderr).toContain('5 deliveries to healthy endpoints have not arrived');
    expect(code).toBe(1);
  });

  it('says what it lacks in one line', async () => {
    const { code, stderr } = await load('--api', api, '--ingest', api);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: LOAD_TOKEN is not given.*\n$/)]);
  });
});
