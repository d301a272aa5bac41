import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@skillora/testing';
import { describeExit, OwnedProcess, type OwnedProcessOptions, StartError } from './owned-process.js';
import { isRunning, readPidFile, writePidFile } from './pid-file.js';
import { endWithParent } from './parent-leash.js';

const LIVES_ON = 'console.log("ready"); setInterval(() => {}, 1000);';
const IGNORES_SIGTERM = `process.on('SIGTERM', () => {}); ${LIVES_ON}`;

describe('a process of our own', () => {
  let folder: string;
  const spawned: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'skillora-owned-'));
  });
  afterEach(async () => {
    for (const child of spawned.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  function owned(script: string, options: Partial<OwnedProcessOptions> = {}): OwnedProcess {
    const lines: string[] = [];
    return new OwnedProcess({
      name: 'the script',
      pidFile: join(folder, 'script.pid'),
      command: () => ({ file: process.execPath, args: ['-e', script] }),
      output: { onLine: (line) => lines.push(line) },
      ready: () => Promise.resolve(lines.includes('ready')),
      readyDeadlineMs: 300_000,
      stopSignals: ['SIGTERM'],
      stopPatienceMs: 300,
      ...options,
    });
  }

  it('is ready when it says so, and gone when stopped', async () => {
    const script = owned(LIVES_ON);
    await script.start();
    const recorded = readPidFile(join(folder, 'script.pid'))!;
    expect(recorded.pid).toBe(script.pid);

    await script.stop();

    expect(isRunning(recorded)).toBe(false);
    expect(script.pid).toBeUndefined();
  });

  it('is killed when it ignores the signal that should end it', async () => {
    const script = owned(IGNORES_SIGTERM);
    await script.start();
    const recorded = readPidFile(join(folder, 'script.pid'))!;
    await script.stop();
    expect(isRunning(recorded)).toBe(false);
  });

  it('that ends while starting fails the start with its exit code and last words', async () => {
    const start = owned('console.error("no such setting"); process.exitCode = 3;').start();
    const error = await start.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StartError);
    expect((error as StartError).exit).toEqual({ code: 3, signal: null });
    expect((error as StartError).message).toContain('no such setting');
  });

  it('that does not become ready in time is ended', async () => {
    const script = owned(LIVES_ON, { ready: () => Promise.resolve(false), readyDeadlineMs: 300 });
    await expect(script.start()).rejects.toThrow('was not ready after 0.3 s');
    expect(script.pid).toBeUndefined();
  });

  it('that is stopped while it starts is gone, and the start fails', async () => {
    const script = owned(LIVES_ON, { ready: () => Promise.resolve(false) });
    const start = script.start().catch((error: unknown) => String(error));
    await waitFor(() => script.pid !== undefined);
    await script.stop();
    expect(await start).toContain('was stopped while it started');
    expect(script.pid).toBeUndefined();
  });

  it('is started once by starts that meet', async () => {
    const script = owned(LIVES_ON);
    await Promise.all([script.start(), script.start()]);
    const { pid } = script;
    await script.start();
    expect(script.pid).toBe(pid);
    await script.stop();
  });

  it('tells of its end only when it was not asked for', async () => {
    const exits: string[] = [];
    const script = owned(LIVES_ON);
    script.onExit((exit) => exits.push(describeExit(exit)));
    await script.start();
    await script.stop();
    expect(exits).toEqual([]);

    await script.start();
    await script.kill();
    await waitFor(() => exits.length > 0);
    expect(exits).toEqual(['was ended by SIGKILL']);
  });

  it('ends when its parent is killed with kill -9', async () => {
    const leash = JSON.stringify(new URL('../dist/parent-leash.js', import.meta.url).href);
    const parentScript = join(folder, 'parent.mjs');
    await writeFile(
      parentScript,
      `import { spawn } from 'node:child_process';
       import { endWithParent } from ${leash};
       const child = spawn(process.execPath, ['-e', ${JSON.stringify(IGNORES_SIGTERM)}], { detached: true, stdio: 'ignore' });
       endWithParent(child.pid, 'SIGTERM', 300);
       process.stdout.write(String(child.pid));
       setInterval(() => {}, 1000);`,
    );
    const parent = spawn(process.execPath, [parentScript], { stdio: ['ignore', 'pipe', 'inherit'] });
    spawned.push(parent);
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const pidFile = join(folder, 'child.pid');
    writePidFile(pidFile, Number(said.toString()));
    const child = readPidFile(pidFile)!;
    expect(isRunning(child)).toBe(true);

    parent.kill('SIGKILL');

    await waitFor(() => !isRunning(child));
  });

  it('is let go of without harm once it has ended', async () => {
    const other = spawn(process.execPath, ['-e', LIVES_ON], { stdio: 'ignore' });
    spawned.push(other);
    const letGo = endWithParent(other.pid!, 'SIGTERM', 300);
    letGo();
    const pidFile = join(folder, 'other.pid');
    writePidFile(pidFile, other.pid!);
    expect(isRunning(readPidFile(pidFile)!)).toBe(true);
    other.kill('SIGKILL');
    await once(other, 'exit');
  });
});
