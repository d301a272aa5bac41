import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/skillora/python/', import.meta.url));

/** A Python program with packages of PyPI, kept until the next `npm ci`. */
export class PythonPackages {
  private constructor(private readonly folder: string) {}

  /**
   * Installs packages, for example `cloudevents==2.2.0`, unless they are installed.
   * @returns null when Python, pip or the package index is missing, with one line that says so; in CI that is
   * an error.
   */
  static async install(...packages: string[]): Promise<PythonPackages | null> {
    const folder = `${CACHE}${packages.join('+')}`;
    if (existsSync(folder)) return new PythonPackages(folder);
    const partial = `${folder}.${process.pid}`;
    mkdirSync(dirname(folder), { recursive: true });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', partial];
    try {
      await run('python3', [...pip, ...packages]);
    } catch (error) {
      if (process.env['CI'] === 'true') throw error;
      process.stderr.write(
        `tests with ${packages.join(', ')} are skipped: python3 with pip, and PyPI, are needed\n`,
      );
      return null;
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
    return new PythonPackages(folder);
  }

  /**
   * The output of a program.
   * @param input its standard input.
   * @throws {Error} with its error output when it fails.
   */
  async run(program: string, env: NodeJS.ProcessEnv = {}, input = ''): Promise<string> {
    const running = run('python3', ['-c', program], {
      env: { ...process.env, ...env, PYTHONPATH: this.folder },
    });
    running.child.stdin?.end(input);
    return (await running).stdout;
  }

  /** Starts a program, which its caller ends. */
  start(program: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn('python3', ['-c', program], { env: { ...process.env, ...env, PYTHONPATH: this.folder } });
  }
}
