import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';

import { startTestEngines } from './test-engines.js';

/** Engines of other runs come and go in the folder that all share. */
let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'skillora-test-engines-'));
  await chmod(parent, 0o711);
});

afterAll(() => rm(parent, { recursive: true, force: true }));

describe('test engines', () => {
  it('answer while they run, and leave nothing behind when stopped', async () => {
    const engines = await startTestEngines(parent);
    const admin = new Kafka({
      brokers: engines.brokers,
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    }).admin();
    await admin.connect();
    expect(await admin.listTopics()).toEqual([]);
    await admin.disconnect();
    const client = new pg.Client({ connectionString: await engines.createDatabase() });
    await client.connect();
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();

    await engines.stop();

    expect(await readdir(parent)).toEqual([]);
    await expect(admin.connect()).rejects.toThrow();
    const late = new pg.Client({ connectionString: engines.databaseUrl });
    await expect(late.connect()).rejects.toThrow();
  });
});
