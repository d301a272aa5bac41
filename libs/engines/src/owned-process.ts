import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

import { endWithParent } from './parent-leash.js';
import { endOrphan, writePidFile } from './pid-file.js';

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The command to run. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** The destination of a process' output: a file, or a function that gets each line. */
export type ProcessOutput =
  { readonly file: string } | { readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void };

/** The definition of an {@link OwnedProcess}. */
export interface OwnedProcessOptions {
  /** Its name for people, in messages. */
  readonly name: string;
  /** The file that records the running process, so that the next start finds it if this process is killed. */
  readonly pidFile: string;
  /** Called at every start. */
  readonly command: () => Command | Promise<Command>;
  readonly output: ProcessOutput;
  /** Resolves true once the process is ready; called repeatedly until then. A throw counts as false. */
  readonly ready: () => Promise<boolean>;
  /** How long a start may take, ms. */
  readonly readyDeadlineMs: number;
  /** The signals that end it, gentlest first; SIGKILL follows by itself. */
  readonly stopSignals: readonly NodeJS.Signals[];
  /** How long to wait after each signal, ms. */
  readonly stopPatienceMs: number;
  /** Called with one line about every orphan that had to be ended. */
  readonly log?: ((line: string) => void) | undefined;
}

/** A process that ended, or did not become ready, during its start. */
export class StartError extends Error {
  override readonly name = 'StartError';
  constructor(
    message: string,
    /** Null when it kept running but did not become ready in time, or was stopped. */
    readonly exit: ProcessExit | null,
  ) {
    super(message);
  }
}

const READY_POLL_MS = 60;
/** Enough lines to include the message above a stack trace. */
const TAIL_LINES = 20;
const LOG_FILE_LIMIT_BYTES = 10 * 1_048_576;

/**
 * A child process in its own process group, so that Ctrl-C in the terminal reaches only this process. It ends
 * with `stop`, with this process (even if that is killed), or at the latest at the next start, which finds it
 * in its pid file. It can be started again after every end.
 */
export class OwnedProcess {
  private child: ChildProcess | undefined;
  private exited: Promise<ProcessExit> = Promise.resolve({ code: 0, signal: null });
  private starting: Promise<void> | undefined;
  private stopping = false;
  private tail: string[] = [];
  /** Where the output of the present start begins in the log file, bytes. */
  private logStart = 0;
  private readonly exitListeners: ((exit: ProcessExit) => void)[] = [];

  constructor(private readonly options: OwnedProcessOptions) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Called whenever the process ends after it was ready, except by `stop`. */
  onExit(listener: (exit: ProcessExit) => void): void {
    this.exitListeners.push(listener);
  }

  /**
   * Ends the process of an earlier start, starts a new one and waits until it is ready. Does nothing when it
   * runs.
   * @throws {StartError} when it ends before that or takes too long (it is then ended); the message holds its
   * last lines.
   */
  async start(): Promise<void> {
    this.starting ??= this.startOnce().finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  /** Ends the process, gently at first, and waits for its end. A start in progress fails. */
  async stop(): Promise<void> {
    await this.end();
    await this.starting?.catch(() => undefined);
  }

  /** `kill -9`: ends the process and its process group like a crash, and waits for its end. */
  async kill(): Promise<void> {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.child?.kill('SIGKILL');
    }
    await this.exited;
  }

  private async startOnce(): Promise<void> {
    if (this.child) return;
    const { name, pidFile, log, stopSignals, stopPatienceMs, readyDeadlineMs } = this.options;
    this.stopping = false;
    this.tail = [];
    const orphan = await endOrphan(pidFile, stopSignals, stopPatienceMs);
    if (orphan !== null) log?.(`ended ${name} of an earlier run (pid ${orphan})`);

    const { child, pid } = await this.spawn();
    const letGo = endWithParent(pid, stopSignals[0] ?? 'SIGTERM', stopPatienceMs);
    const state: { exit: ProcessExit | null; ready: boolean } = { exit: null, ready: false };
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        const exit = { code, signal };
        state.exit = exit;
        this.child = undefined;
        letGo();
        rmSync(pidFile, { force: true });
        resolve(exit);
        if (state.ready && !this.stopping) for (const listener of this.exitListeners) listener(exit);
      });
    });
    writePidFile(pidFile, pid);

    const deadline = Date.now() + readyDeadlineMs;
    while (Date.now() < deadline && !this.isStopping() && state.exit === null) {
      const ready = await this.options.ready().catch(() => false);
      if (ready && this.pid === pid) {
        state.ready = true;
        return;
      }
      await sleep(READY_POLL_MS);
    }
    const exit = this.isStopping() ? null : state.exit;
    const end = this.isStopping()
      ? 'was stopped while it started'
      : exit === null
        ? `was not ready after ${readyDeadlineMs / 1000} s`
        : describeExit(exit);
    await this.end();
    throw new StartError(`${name} ${end}${this.lastWords()}`, exit);
  }

  private async end(): Promise<void> {
    this.stopping = true;
    for (const signal of this.options.stopSignals) {
      if (!this.child) return;
      this.child.kill(signal);
      const patience = new AbortController();
      await Promise.race([
        this.exited,
        sleep(this.options.stopPatienceMs, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
    }
    await this.kill();
  }

  /** Checked again at each point where `stop` may have been called meanwhile. */
  private isStopping(): boolean {
    return this.stopping;
  }

  private async spawn(): Promise<{ child: ChildProcess; pid: number }> {
    const command = await this.options.command();
    if (this.stopping) throw new StartError(`${this.options.name} was stopped while it started`, null);
    const { output } = this.options;
    const file = 'file' in output ? openLogFile(output.file) : undefined;
    if (file !== undefined) this.logStart = fstatSync(file).size;
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: command.env ?? process.env,
      ...(command.uid === undefined ? {} : { uid: command.uid }),
      ...(command.gid === undefined ? {} : { gid: command.gid }),
      detached: true,
      stdio: ['ignore', file ?? 'pipe', file ?? 'pipe'],
    });
    if (file !== undefined) closeSync(file);
    if ('onLine' in output) {
      for (const stream of ['stdout', 'stderr'] as const) {
        const source = child[stream];
        if (!source) continue;
        createInterface({ input: source }).on('line', (line) => {
          this.tail.push(line);
          if (this.tail.length > TAIL_LINES) this.tail.shift();
          output.onLine(line, stream);
        });
      }
    }
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw new StartError(`${this.options.name} cannot be run: ${(error as Error).message}`, null);
    }
    if (child.pid === undefined) throw new StartError(`${this.options.name} cannot be run`, null);
    this.child = child;
    return { child, pid: child.pid };
  }

  private lastWords(): string {
    const { output } = this.options;
    const lines =
      'file' in output && existsSync(output.file)
        ? readFileSync(output.file)
            .subarray(this.logStart)
            .toString()
            .trimEnd()
            .split('\n')
            .slice(-TAIL_LINES)
        : this.tail;
    return lines.length === 0 || lines[0] === '' ? '' : `; its last words:\n${lines.join('\n')}`;
  }
}

/** An exit in words, for example `ended with exit code 1` or `was ended by SIGKILL`. */
export function describeExit(exit: ProcessExit): string {
  return exit.signal === null
    ? `ended with exit code ${exit.code ?? 'unknown'}`
    : `was ended by ${exit.signal}`;
}

/** Opens a log file for appending; a large one is first renamed to `<file>.1`. */
function openLogFile(path: string): number {
  if (existsSync(path) && statSync(path).size > LOG_FILE_LIMIT_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}
