import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { createDatabaseOn, type RunningDatabase, startEmbeddedDatabase } from './embedded-database.js';
import { freePort } from './free-port.js';
import { isRunning, type RecordedProcess, readPidFile } from './pid-file.js';

describe('the embedded database', () => {
  let dataDir: string;
  let port: number;
  let database: RunningDatabase;

  const recorded = (): RecordedProcess => readPidFile(join(dataDir, 'postgres.pid'))!;

  async function query(text: string, url = database.url): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    // Closed to all but its owner: as root, the server's own account cannot pass here by itself.
    dataDir = await mkdtemp(join(tmpdir(), 'skillora-database-'));
    port = await freePort();
    database = await startEmbeddedDatabase({ dataDir, port });
  });

  afterAll(async () => {
    await database.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('keeps a committed row through kill -9, and tells that it ended', async () => {
    await query('CREATE TABLE kept (value text)');
    await query("INSERT INTO kept VALUES ('still here')");
    const exit = new Promise((resolve) => database.onExit(resolve));

    await database.kill();
    expect(await exit).toEqual({ code: null, signal: 'SIGKILL' });
    await database.start();

    expect(await query('SELECT value FROM kept')).toEqual([{ value: 'still here' }]);
  });

  it('lets nobody in without the password, which only we can read', async () => {
    const url = new URL(database.url);
    url.password = 'wrong';
    await expect(query('SELECT 1', url.href)).rejects.toThrow(/password authentication failed/);
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
  });

  it('gives out empty databases', async () => {
    const [first, second] = await Promise.all([
      createDatabaseOn(database.url),
      createDatabaseOn(database.url),
    ]);
    await query('CREATE TABLE here (value text)', first);
    expect(await query("SELECT FROM pg_tables WHERE tablename IN ('here', 'kept')", second)).toEqual([]);
  });

  it('takes over the data of a server that an earlier run left behind, ending it first', async () => {
    const left = recorded();

    const next = await startEmbeddedDatabase({ dataDir, port });

    expect(isRunning(left)).toBe(false);
    expect(next.url).toBe(database.url);
    expect(await query('SELECT value FROM kept')).toEqual([{ value: 'still here' }]);
    await next.stop();
    await database.start();
  });

  it('leaves no process and no pid file when stopped, and keeps its data for another port', async () => {
    const running = recorded();

    await database.stop();

    expect(isRunning(running)).toBe(false);
    expect(readPidFile(join(dataDir, 'postgres.pid'))).toBeNull();
    await chmod(dataDir, 0o755);
    const elsewhere = await startEmbeddedDatabase({ dataDir, port: await freePort() });
    expect(await query('SELECT value FROM kept', elsewhere.url)).toEqual([{ value: 'still here' }]);
    await elsewhere.stop();
  });
});
