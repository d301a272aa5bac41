import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { eventually } from '@skillora/testing';

import { iso, LogBuilder } from '../projection/testing/log-builder.js';
import { RunningRegistry } from '../testing/running-registry.js';
import type { presentStatistics } from './present-statistics.js';

type Statistics = ReturnType<typeof presentStatistics>;

let registry: RunningRegistry;
let token: string;
let organization: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

afterAll(() => registry.stop());

async function statistics(query: Record<string, string>): Promise<Statistics> {
  const path = `/api/v1/webhook-stats/?${new URLSearchParams(query).toString()}`;
  const { status, body } = await registry.call('GET', path, token);
  expect(status).toBe(200);
  return body as Statistics;
}

it('counts attempts by their outcome and time, with every bucket of the span', async () => {
  const [healthy, failing] = [randomUUID(), randomUUID()];
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const at = (minutes: number, durationMs: number) => ({
    startedAt: iso(hour + minutes * 60_000),
    durationMs,
  });
  const log = new LogBuilder();
  const event = log.event(randomUUID(), organization);
  const ok = log.delivery(event, healthy);
  log.result(ok, { status: 'success', error: null, attempt: { ...at(-90, 8), error: null } });
  // The same attempt told once more changes nothing.
  log.result(ok, { status: 'success', error: null, attempt: { ...at(-90, 8), error: null } });
  const bad = log.delivery(event, failing);
  log.result(bad, { status: 'retrying', attempt: at(-90, 900) });
  log.result({ ...bad, step: 2 }, { status: 'failed', attempt: at(-89, 900) });
  await registry.happened(log);

  const span = { since: iso(hour - 2 * 3_600_000), until: iso(hour) };
  await eventually(async () => {
    expect((await statistics({ ...span, interval: 'minute' })).total.attempts).toBe(3);
  });

  const { buckets } = await statistics({ ...span, interval: 'minute' });
  expect(buckets).toHaveLength(120);
  expect(buckets[30]).toMatchObject({ start: iso(hour - 90 * 60_000), success: 1, retrying: 1, failed: 0 });
  expect(buckets[31]).toMatchObject({ attempts: 1, failed: 1 });
  expect(buckets[32]).toMatchObject({ attempts: 0, duration_p50_ms: null });

  const hours = await statistics({ ...span, interval: 'hour', group_by: 'endpoint' });
  expect(hours.buckets.map(({ attempts }) => attempts)).toEqual([3, 0]);
  expect(hours.endpoints?.map(({ endpoint_id, failed, success }) => [endpoint_id, failed, success])).toEqual([
    [failing, 1, 0],
    [healthy, 0, 1],
  ]);
  const [slow, quick] = hours.endpoints!;
  expect(slow!.duration_p95_ms).toBeGreaterThan(650);
  expect(quick!.duration_p95_ms).toBeLessThanOrEqual(10);
});
