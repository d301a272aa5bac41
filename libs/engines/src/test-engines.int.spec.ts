import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';

import { startTestEngines } from './test-engines.js';

const temporaryFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('skillora-engines-'));

describe('test engines', () => {
  it('answer while they run, and leave nothing behind when stopped', async () => {
    const before = await temporaryFolders();
    const engines = await startTestEngines();
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

    expect(await temporaryFolders()).toEqual(before);
    await expect(admin.connect()).rejects.toThrow();
    const late = new pg.Client({ connectionString: engines.databaseUrl });
    await expect(late.connect()).rejects.toThrow();
  });
});
