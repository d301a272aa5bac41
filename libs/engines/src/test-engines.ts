import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dockerAnswers } from './docker.js';
import { startEmbeddedBroker } from './embedded-broker.js';
import { createDatabaseOn, startEmbeddedDatabase } from './embedded-database.js';
import { freePort } from './free-port.js';

/** A broker and a database for tests. */
export interface TestEngines {
  readonly brokers: string[];
  /** With the right to create databases. */
  readonly databaseUrl: string;
  readonly description: string;
  /** Creates an empty database on the server. @returns its url. */
  createDatabase(): Promise<string>;
  /** Ends both and deletes their data. */
  stop(): Promise<void>;
}

/**
 * Starts a real broker and a real database for tests: in containers if a Docker daemon answers, else
 * embedded, on free ports, in a temporary folder that `stop` removes. Prints one line that says which.
 * @param parent the folder in which embedded engines make theirs; PostgreSQL's user must be able to enter it.
 */
export async function startTestEngines(parent: string = tmpdir()): Promise<TestEngines> {
  const engines = (await inContainers()) ?? (await embedded(parent));
  print(`Test engines: ${engines.description}`);
  return { ...engines, createDatabase: () => createDatabaseOn(engines.databaseUrl) };
}

type Engines = Omit<TestEngines, 'createDatabase'>;

async function inContainers(): Promise<Engines | null> {
  if (!(await dockerAnswers())) return null;
  try {
    const { startContainerEngines } = await import('./container-engines.js');
    return await startContainerEngines();
  } catch (error) {
    print(
      `Test engines: Docker answers, but the containers do not start (${String(error)}); embedded ones instead`,
    );
    return null;
  }
}

async function embedded(parent: string): Promise<Engines> {
  const folder = await mkdtemp(join(parent, 'skillora-engines-'));
  // As root, PostgreSQL runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o711);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const onProgress = (line: string): void => print(`Test engines: ${line}`);
  const starting = await Promise.allSettled([
    startEmbeddedBroker({ dataDir: join(folder, 'kafka'), port: await freePort(), onProgress }),
    startEmbeddedDatabase({
      dataDir: join(folder, 'postgres'),
      port: await freePort(),
      durable: false,
    }),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(
      starting.map((part) => (part.status === 'fulfilled' ? part.value.stop() : Promise.resolve())),
    );
    await remove();
  };
  const [broker, database] = starting;
  if (broker.status === 'rejected' || database.status === 'rejected') {
    await stop();
    throw starting.find((part) => part.status === 'rejected')?.reason;
  }
  return {
    brokers: broker.value.brokers,
    databaseUrl: database.value.url,
    description: `${broker.value.description} and ${database.value.description}`,
    stop,
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
