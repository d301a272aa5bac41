import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { RunningStack } from '@skillora/running-stack';
import pg from 'pg';

import { ENDPOINTS, writeHistory } from './history.js';
import { Auditor, readEverything, type Reading } from './reading.js';
import { ResultLoad } from './result-load.js';

/*
 * npm run bench:audit: measures the audit over the REST API with a quarter of a year of history, and the
 * writes of the projection meanwhile. `--deliveries 1000000` creates less history than the default of ten
 * million. `--database URL` uses your own database, and the history that an earlier run created there.
 */
const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: '10000000' },
    times: { type: 'string', default: '200' },
    database: { type: 'string' },
  },
});
const deliveries = Number(values.deliveries);
const times = Number(values.times);
const RESULTS = 120_000;
const LIMIT_MS = 50;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (value: number): string => value.toFixed(1).padStart(8);

const organizationId = '0b7c2c1e-1a52-4c1d-9d0a-0000000000a0';
const stack = await RunningStack.start({
  BOOTSTRAP_ORGANIZATION_ID: organizationId,
  ...(values.database === undefined ? {} : { DATABASE_URL: values.database }),
});
const { address } = stack;
const client = new pg.Client({ connectionString: databaseUrl() });
await client.connect();

try {
  const auditor = new Auditor(address.api, address.token);
  const began = performance.now();
  const found = await writeHistory(client, { organizationId, deliveries }, print);
  print(
    `${deliveries} deliveries, ${deliveries * 2} attempts, ${deliveries / 10} events, ${ENDPOINTS} endpoints, ` +
      `${await databaseSize()}, written in ${((performance.now() - began) / 1_000).toFixed(0)} s`,
  );
  print(`${''.padEnd(52)}     p50      p99  longest  rows`);
  const slow: string[] = [];
  const scansBefore = await sequentialScans();
  await readEverything(auditor, found, times, (reading) => {
    printReading(reading);
    if (reading.p99 > LIMIT_MS) slow.push(reading.name);
  });
  const scans = (await sequentialScans()) - scansBefore;
  print(`sequential scans of projected tables by all of these: ${scans}`);
  if (scans > 0 || slow.length > 0) process.exitCode = 1;
  if (slow.length > 0) print(`over ${LIMIT_MS} ms: ${slow.join('; ')}`);
  await writing(auditor, found.endpointIds);
} finally {
  await client.end();
  await stack.stop();
}

function databaseUrl(): string {
  const written = readFileSync(join(address.dataDir, 'environment.json'), 'utf8');
  return (JSON.parse(written) as { DATABASE_URL: string }).DATABASE_URL;
}

/** What the projection applies while one client reads. */
async function writing(auditor: Auditor, endpointIds: readonly string[]): Promise<void> {
  const load = await ResultLoad.connect(address.brokers, organizationId, endpointIds);
  try {
    const before = await applied();
    await load.write(RESULTS);
    const read: number[] = [];
    const from = { at: performance.now(), applied: await applied() };
    while ((await applied()) - before < RESULTS) {
      const { ms: took } = await auditor.get('webhook-deliveries/?status=success');
      read.push(took);
      await delay(20);
    }
    const seconds = (performance.now() - from.at) / 1_000;
    read.sort((a, b) => a - b);
    const rate = (before + RESULTS - from.applied) / seconds;
    print(
      `projection while it is read: ${rate.toFixed(0)} results/s over ${seconds.toFixed(1)} s; ` +
        `reads p50 ${ms(read[Math.floor(read.length / 2)] ?? NaN).trim()} ms, longest ${ms(read.at(-1) ?? NaN).trim()} ms`,
    );
  } finally {
    await load.disconnect();
  }
}

function printReading({ name, p50, p99, longest, rows }: Reading): void {
  print(`${name.padEnd(52)}${ms(p50)} ${ms(p99)} ${ms(longest)} ${rows.toFixed(0).padStart(5)}`);
}

async function applied(): Promise<number> {
  const text = await (await fetch(`${address.management.api}/metrics`)).text();
  const match = /webhook_projection_records_applied_total\{topic="webhook\.delivery-results"\} (\d+)/.exec(
    text,
  );
  return Number(match?.[1] ?? 0);
}

async function sequentialScans(): Promise<number> {
  // PostgreSQL's backends report their work a second late, even those that have become idle.
  await delay(2_000);
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ scans: string }>(
    `SELECT coalesce(sum(seq_scan), 0) AS scans FROM pg_stat_user_tables
      WHERE schemaname = 'projection' AND relname ~ '^(events|deliveries|attempts)_' AND pg_relation_size(relid) > 0`,
  );
  return Number(rows[0]?.scans ?? 0);
}

async function databaseSize(): Promise<string> {
  const { rows } = await client.query<{ size: string }>(
    'SELECT pg_size_pretty(pg_database_size(current_database())) AS size',
  );
  return rows[0]?.size ?? '';
}
