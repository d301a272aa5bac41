import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Another version may look for more: it is raised on purpose, not by chance. */
const VERSION = '4.32.5';
const HERE = fileURLToPath(new URL('../../', import.meta.url));
const ENVIRONMENT = fileURLToPath(
  new URL(`../../../../node_modules/.cache/schemathesis-${VERSION}`, import.meta.url),
);

/** A tool from PyPI that holds a running API against its OpenAPI document, in a Python environment of its own. */
export class Schemathesis {
  private constructor(private readonly program: string) {}

  /** Installs it unless it is there. @returns null with the reason printed when this machine cannot. */
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
    return new Schemathesis(program);
  }

  /** Tries a service for some seconds. @returns whether nothing was found; what was is printed by the tool itself. */
  async finds(
    document: string,
    token: string,
    { seconds, examples }: { seconds: number; examples: number },
  ): Promise<boolean> {
    // The tool remembers what it found in the folder it runs in; each run here is to begin as the first one does.
    const folder = await mkdtemp(join(tmpdir(), 'skillora-contract-'));
    const child = spawn(
      this.program,
      [
        ...['--config-file', join(HERE, 'schemathesis.toml'), 'run', document, '--no-color'],
        ...['--header', `Authorization: Bearer ${token}`],
        ...['--max-examples', String(examples), '--max-time', String(seconds)],
        // One worker: before 3.11.8 and 3.12.2 Python's parser fails at random when two threads use it (gh-106905).
        ...['--generation-database', 'none', '--workers', '1', '--warnings', 'off'],
        // What the tool makes up is the same on every run, so that a change breaks the tests and not the day.
        ...['--seed', process.env['CONTRACT_SEED'] ?? '1'],
      ],
      { stdio: ['ignore', 'inherit', 'inherit'], cwd: folder },
    );
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    await rm(folder, { recursive: true, force: true });
    return code === 0;
  }
}
