import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { OwnedProcess, type ProcessExit, StartError } from '@skillora/engines';

import { noticeOf, RepeatFilter, ServiceLog } from './service-log.js';
import type { Part } from './supervisor.js';
import type { Terminal } from './terminal.js';

/** The definition of a service's process. */
export interface ServiceDefinition {
  readonly name: string;
  /** The script Node runs. */
  readonly script: string;
  /** The base URL of the service on this machine. */
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** A first start has to migrate the database and create the topics. */
const READY_DEADLINE_MS = 180_000;
const STOP_SIGNALS = ['SIGTERM'] as const;
/**
 * Services finish their work within 30 s of SIGTERM. Here they get less, so that the whole stack ends within
 * 30 s.
 */
const DRAIN_MS = 20_000;
const HEALTH_TIMEOUT_MS = 10_000;

/** The file with a service's pid. */
export function servicePidFile(dataDir: string, name: string): string {
  return join(dataDir, 'run', `${name}.pid`);
}

/** The signals that end a service of an earlier run. */
export const SERVICE_END = { signals: STOP_SIGNALS, patienceMs: DRAIN_MS } as const;

/**
 * One service as a process. Its output goes to a log file; warnings and errors also appear at the terminal,
 * in one line with the service's name.
 */
export class Service implements Part {
  readonly name: string;
  private readonly process: OwnedProcess;
  private readonly log: ServiceLog;
  /** What its readiness last reported. */
  private waitsFor = '';

  constructor(
    definition: ServiceDefinition,
    { dataDir, terminal }: { readonly dataDir: string; readonly terminal: Terminal },
  ) {
    this.name = definition.name;
    this.log = new ServiceLog(join(dataDir, 'logs', `${definition.name}.log`));
    const pidFile = servicePidFile(dataDir, definition.name);
    mkdirSync(dirname(pidFile), { recursive: true });
    const filter = new RepeatFilter();
    this.process = new OwnedProcess({
      name: definition.name,
      pidFile,
      command: () => ({
        file: process.execPath,
        args: [definition.script],
        env: definition.env,
        cwd: definition.cwd,
      }),
      output: {
        onLine: (line, stream) => {
          this.log.write(line);
          const notice = noticeOf(line, stream);
          const text = notice && filter.pass(`${definition.name}: ${notice.text}`);
          if (notice && text !== null) {
            if (notice.level === 'warning') terminal.warn(text);
            else terminal.problem(text);
          }
        },
      },
      ready: () => this.isReady(definition.url),
      readyDeadlineMs: READY_DEADLINE_MS,
      stopSignals: STOP_SIGNALS,
      stopPatienceMs: DRAIN_MS,
    });
  }

  /** @throws {StartError} which names what the service waited for, if it ran but was not ready in time. */
  async start(): Promise<void> {
    this.waitsFor = '';
    try {
      await this.process.start();
    } catch (error) {
      if (!(error instanceof StartError) || error.exit !== null || this.waitsFor === '') throw error;
      throw new StartError(`${this.name} does not become ready: ${this.waitsFor}`, null);
    }
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  onExit(callback: (exit: ProcessExit) => void): void {
    this.process.onExit(callback);
  }

  closeLog(): void {
    this.log.close();
  }

  private async isReady(url: string): Promise<boolean> {
    const response = await fetch(`${url}/health/ready`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    });
    const body = (await response.json()) as { problems?: Record<string, string> };
    this.waitsFor = Object.entries(body.problems ?? {})
      .map(([part, problem]) => `${part}: ${problem}`)
      .join('; ');
    return response.status === 200;
  }
}
