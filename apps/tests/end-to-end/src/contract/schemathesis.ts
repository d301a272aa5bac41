import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Another version may check more: raise it on purpose, not by chance. */
const VERSION = '4.32.5';
const HERE = fileURLToPath(new URL('../../', import.meta.url));
const ENVIRONMENT = fileURLToPath(
  new URL(`../../../../../node_modules/.cache/schemathesis-${VERSION}`, import.meta.url),
);

/** A tool from PyPI that checks a running API against its OpenAPI document, in its own Python environment. */
export class Schemathesis {
  private constructor(
    private readonly program: string,
    private readonly report: (text: string) => void,
  ) {}

  /**
   * Installs it unless it is installed.
   * @returns null, with the reason printed, when this machine cannot run it.
   */
  static install(report: (line: string) => void): Schemathesis | null {
    const program = join(ENVIRONMENT, 'bin', 'schemathesis');
    if (!existsSync(program)) {
      for (const [command, ...args] of [
        ['python3', '-m', 'venv', ENVIRONMENT],
        [join(ENVIRONMENT, 'bin', 'pip'), 'install', '--quiet', `schemathesis==${VERSION}`],
      ] as [string, ...string[]][]) {
        const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
        if (status === 0) continue;
        const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
        report(`schemathesis cannot be installed (python3 with venv, and PyPI, are needed): ${reason}`);
        return null;
      }
    }
    return new Schemathesis(program, report);
  }

  /**
   * Tests a service for some seconds, and then prints the report of the tool.
   * @returns whether nothing was found.
   */
  async finds(
    document: string,
    token: string,
    { seconds, examples }: { seconds: number; examples: number },
  ): Promise<boolean> {
    // The tool remembers its findings in its working folder; each run here must begin like the first one.
    const folder = await mkdtemp(join(tmpdir(), 'skillora-contract-'));
    // Nx sets it, and the tool would draw its progress.
    const { FORCE_COLOR: _, ...env } = process.env;
    const child = spawn(
      this.program,
      [
        ...['--config-file', join(HERE, 'schemathesis.toml'), 'run', document, '--no-color'],
        ...['--header', `Authorization: Bearer ${token}`],
        ...['--max-examples', String(examples), '--max-time', String(seconds)],
        // One worker: before 3.11.8 and 3.12.2 Python's parser fails at random when two threads use it
        // (gh-106905).
        ...['--generation-database', 'none', '--workers', '1', '--warnings', 'off'],
        // How long the generation of data takes says something about the machine, not about the service.
        ...['--suppress-health-check', 'too_slow'],
        // The tool generates the same requests in every run, so that only changes of the code change the
        // result.
        ...['--seed', process.env['CONTRACT_SEED'] ?? '1'],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder, env },
    );
    // Printed as a whole, because another service may be tested at the same time.
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    this.report(Buffer.concat(said).toString('utf8'));
    await rm(folder, { recursive: true, force: true });
    return code === 0;
  }
}
