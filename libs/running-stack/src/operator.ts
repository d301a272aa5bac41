import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import type { StackAddress } from './running-stack.js';

const run = promisify(execFile);
const ADMIN = fileURLToPath(new URL('../../../apps/endpoint-registry/dist/admin.js', import.meta.url));

/** Runs admin commands as an operator does, in a shell that only knows the data folder of the stack. */
export class Operator {
  constructor(private readonly address: StackAddress) {}

  /** @returns standard output. Fails when the command fails. */
  async admin(...args: string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], DATA_DIR: this.address.dataDir };
    const { stdout } = await run(process.execPath, ['--no-warnings', ADMIN, ...args], { env });
    return stdout.trim();
  }

  /** Creates an organisation. @returns its id. */
  organization(name: string): Promise<string> {
    return this.admin('organizations', 'create', '--name', name);
  }

  /** Creates a token, by default with all scopes. */
  async token(
    organization: string,
    { scopes = 'all', more = [] }: { scopes?: string; more?: string[] } = {},
  ): Promise<{ id: string; token: string }> {
    const made = await this.admin(
      ...['tokens', 'create', '--organization', organization, '--name', 'a test', '--scopes', scopes],
      ...[...more, '--json'],
    );
    return JSON.parse(made) as { id: string; token: string };
  }
}
