import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';

import type { StackAddress } from '@skillora/running-stack';

/** A text that the system wrote, and its place. */
export interface Writing {
  readonly place: string;
  readonly bytes: Buffer;
}

/** After this time without another record there are no more, on a slow machine too. */
const QUIET_MS = 10_000;
/** Files in which `npm start` and its operator store what they need; only their owner can read them. */
export const OPERATORS_FILES: readonly string[] = ['environment.json', 'local-stack.json'];
/** Kafka's indices hold only numbers, and have their full size from the beginning. */
const NUMBERS_ALONE = /\.(?:index|timeindex|txnindex|snapshot)$/;

/**
 * Everything that a running system has written. That is keys, values and headers of every record of every
 * topic, including aborted records and Kafka's own topics; every row of every table; the metrics of each
 * service; every file of its folder except the {@link OPERATORS_FILES}, including the services' logs and the
 * data files of broker and database.
 */
export async function* everythingWritten(address: StackAddress): AsyncGenerator<Writing> {
  yield* await records(address);
  yield* await rows(address);
  for (const service of Object.values(address.management)) {
    const metrics = await fetch(`${service}/metrics`);
    yield { place: `metrics of ${service}`, bytes: Buffer.from(await metrics.text()) };
  }
  yield* files(address.dataDir);
}

async function records({ brokers }: StackAddress): Promise<Writing[]> {
  const kafka = new Kafka({ clientId: 'everything-written', brokers, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  const consumer = kafka.consumer({
    groupId: `everything-written-${randomUUID()}`,
    readUncommitted: true,
    maxWaitTimeInMs: 100,
  });
  const found: Writing[] = [];
  let newestAt = Infinity;
  await consumer.connect();
  try {
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        newestAt = Date.now();
        for (const { key, value, headers } of batch.messages) {
          const parts = [key, value, ...Object.entries(headers ?? {}).flat(2)];
          const bytes = Buffer.concat(parts.map((part) => Buffer.from(part ?? '')));
          found.push({ place: `topic ${batch.topic}`, bytes });
        }
        return Promise.resolve();
      },
    });
    while (newestAt === Infinity || Date.now() - newestAt < QUIET_MS) await delay(50);
    return found;
  } finally {
    await consumer.disconnect();
  }
}

async function rows({ dataDir }: StackAddress): Promise<Writing[]> {
  const environment = await readFile(join(dataDir, 'environment.json'), 'utf8');
  const { DATABASE_URL } = JSON.parse(environment) as { DATABASE_URL: string };
  const client = new Client({ connectionString: DATABASE_URL });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const found: Writing[] = [];
    for (const { name } of tables) {
      const { rows: all } = await client.query<{ row: string }>(
        `SELECT to_jsonb(t)::text AS row FROM ${name} t`,
      );
      found.push({ place: `table ${name}`, bytes: Buffer.from(all.map(({ row }) => row).join('\n')) });
    }
    return found;
  } finally {
    await client.end();
  }
}

async function* files(dataDir: string): AsyncGenerator<Writing> {
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const place = relative(dataDir, path);
    if (!entry.isFile() || OPERATORS_FILES.includes(place) || NUMBERS_ALONE.test(place)) continue;
    // A file that was deleted meanwhile, like temporary files and old segments, does not count.
    const bytes = await readFile(path).catch(() => null);
    if (bytes) yield { place: `file ${place}`, bytes };
  }
}
