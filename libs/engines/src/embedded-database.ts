import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import pg from 'pg';

import { type DatabaseAccount, databaseAccount } from './database-account.js';
import { type DatabasePrograms, databasePrograms } from './database-programs.js';
import { OwnedProcess, type ProcessExit, StartError } from './owned-process.js';
import { endOrphan } from './pid-file.js';

const run = promisify(execFile);

/** A PostgreSQL server that is running, or can be started again. */
export interface RunningDatabase {
  /** The URL of the database to use, with user and password. */
  readonly url: string;
  /** A short description for people. */
  readonly description: string;
  /** `kill -9`, for fault tests: the server cannot shut down in order. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; resolves when it answers. Does nothing when it runs. */
  start(): Promise<void>;
  /** Shuts it down in order: open transactions are rolled back, connections closed. */
  stop(): Promise<void>;
  /** Called whenever it ends without `stop`. */
  onExit(callback: (info: ProcessExit) => void): void;
}

export interface EmbeddedDatabaseOptions {
  /** Its own folder, kept across starts. */
  readonly dataDir: string;
  /** The port it listens on at 127.0.0.1. */
  readonly port: number;
  /**
   * False lets the system decide when commits reach the disk. This is faster and still safe against `kill
   * -9`, but not against a crash of the machine. For tests. Default true.
   */
  readonly durable?: boolean;
  /** Offers TLS with this certificate and key, PEM. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly log?: (line: string) => void;
  /** Called with one line about each step that takes long. */
  readonly onProgress?: (line: string) => void;
}

const NAME = 'skillora';
const MAX_CONNECTIONS = 200;
const READY_DEADLINE_MS = 180_000;
/** Fast shutdown, then immediate shutdown (PostgreSQL's manual, "Shutting Down the Server"). */
const STOP_SIGNALS = ['SIGINT', 'SIGQUIT'] as const;
const STOP_PATIENCE_MS = 4_000;
/** How long the processes of a killed server may keep its shared memory, and how often to check. */
const SHARED_MEMORY_PATIENCE_MS = 10_000;
const SHARED_MEMORY_POLL_MS = 200;
const pidFileIn = (dataDir: string): string => join(resolve(dataDir), 'postgres.pid');

/** Ends a server that an earlier, killed run left behind in this data folder. Null when there was none. */
export function endOrphanedDatabase(dataDir: string): Promise<number | null> {
  return endOrphan(pidFileIn(dataDir), STOP_SIGNALS, STOP_PATIENCE_MS);
}

/**
 * Starts a local PostgreSQL server on loopback only. Its generated password is kept beside its data, readable
 * only to the owner. It works as root too, see {@link databaseAccount}.
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<RunningDatabase> {
  const dataDir = resolve(options.dataDir);
  const cluster = join(dataDir, 'cluster');
  await mkdir(dataDir, { recursive: true });
  const programs = await databasePrograms();
  const account = await databaseAccount(cluster, programs.folder);
  const password = await readOrCreatePassword(join(dataDir, 'password'));
  await endOrphanedDatabase(dataDir);
  if (!existsSync(cluster)) {
    options.onProgress?.('setting up PostgreSQL, once');
    await initialise({ dataDir, cluster, programs, account, password });
  }
  const url = (database: string): string =>
    `postgres://${NAME}:${password}@127.0.0.1:${options.port}/${database}`;

  const settings: Record<string, string> = {
    ...(options.tls ? await tlsSettings(cluster, options.tls, account) : {}),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(MAX_CONNECTIONS),
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.durable === false
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
      : {}),
  };
  const server = new OwnedProcess({
    name: 'PostgreSQL',
    pidFile: pidFileIn(dataDir),
    output: { file: join(dataDir, 'server.log') },
    ready: () => answers(url('postgres')),
    readyDeadlineMs: READY_DEADLINE_MS,
    stopSignals: STOP_SIGNALS,
    stopPatienceMs: STOP_PATIENCE_MS,
    log: options.log,
    command: async () => {
      // The former server has ended. Its lock file would block the next one if another process has its pid
      // now.
      await rm(join(cluster, 'postmaster.pid'), { force: true });
      const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
      return account.as(programs.postgres, ['-D', cluster, '-p', String(options.port), ...flags]);
    },
  });
  const start = async (): Promise<void> => {
    await startOnceMemoryIsFree(server);
    await createIfAbsent(url('postgres'), NAME);
  };
  await start();
  return {
    url: url(NAME),
    description: `PostgreSQL ${await serverVersion(url('postgres'))} (embedded, 127.0.0.1:${options.port})`,
    kill: () => server.kill(),
    start,
    stop: () => server.stop(),
    onExit: (callback) => server.onExit(callback),
  };
}

/** The server reads its key only if nobody else can. */
async function tlsSettings(
  cluster: string,
  { certificate, key }: { readonly certificate: string; readonly key: string },
  account: DatabaseAccount,
): Promise<Record<string, string>> {
  const files = { ssl_cert_file: `${cluster}.certificate.pem`, ssl_key_file: `${cluster}.key.pem` };
  await writeFile(files.ssl_cert_file, certificate, { mode: 0o600 });
  await writeFile(files.ssl_key_file, key, { mode: 0o600 });
  if (account.ids) {
    for (const file of Object.values(files)) await chown(file, account.ids.uid, account.ids.gid);
  }
  return { ssl: 'on', ...files };
}

/**
 * After a kill -9 the server's other processes need a moment to notice; until then a new server refuses to
 * start.
 */
async function startOnceMemoryIsFree(server: OwnedProcess): Promise<void> {
  const deadline = Date.now() + SHARED_MEMORY_PATIENCE_MS;
  for (;;) {
    try {
      await server.start();
      return;
    } catch (error) {
      const inUse =
        error instanceof StartError && error.exit !== null && error.message.includes('shared memory block');
      if (!inUse || Date.now() > deadline) throw error;
      await sleep(SHARED_MEMORY_POLL_MS);
    }
  }
}

/**
 * The folder gets its name only when it is complete, so that an interrupted `initdb` leaves nothing that
 * looks usable.
 */
async function initialise(place: {
  dataDir: string;
  cluster: string;
  programs: DatabasePrograms;
  account: DatabaseAccount;
  password: string;
}): Promise<void> {
  const { dataDir, cluster, programs, account, password } = place;
  const partial = `${cluster}.partial`;
  const passwordFile = `${cluster}.password`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account.ids) {
    await chown(partial, account.ids.uid, account.ids.gid);
    await chown(passwordFile, account.ids.uid, account.ids.gid);
  }
  const { file, args, ...how } = account.as(programs.initdb, [
    `--pgdata=${partial}`,
    `--username=${NAME}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same sort order of text on every machine, whatever locales it has.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]);
  try {
    await run(file, args, how);
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? '';
    throw new Error(`PostgreSQL could not be set up in ${dataDir}: ${said || String(error)}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(partial, cluster);
}

async function readOrCreatePassword(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A broken connection makes its waiting query fail; without a listener it would end the process too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function answers(url: string): Promise<boolean> {
  await withClient(url, (client) => client.query('SELECT 1'));
  return true;
}

async function serverVersion(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? '';
  });
}

async function createIfAbsent(url: string, database: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  });
}

/** Creates a database with a unique name on the server at `url`. @returns its url. */
export async function createDatabaseOn(url: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await createIfAbsent(url, name);
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}
