import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, type RunningBroker, startEmbeddedBroker } from '@skillora/engines';
import { waitFor } from '@skillora/testing';

import { RunningIngest } from './testing/running-ingest.js';
import { cloudEvent } from './testing/samples.js';

let dataDir: string;
let broker: RunningBroker;
let ingest: RunningIngest;
let token: string;
const organization = randomUUID();

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'skillora-intake-'));
  broker = await startEmbeddedBroker({ dataDir, port: await freePort() });
  ingest = await RunningIngest.start(broker.brokers.join(','), {
    INTAKE_TIMEOUT: '500ms',
    INTAKE_MAX_PENDING_BYTES: '1048576',
  });
  token = await ingest.token(organization);
});

afterAll(async () => {
  await ingest.stop();
  await broker.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const send = (notes = ''): Promise<Response> => {
  const event = cloudEvent({ id: randomUUID(), organizationid: organization });
  const data = { ...(event['data'] as object), notes };
  return ingest.post(JSON.stringify({ ...event, data }), token);
};

it('while no broker answers, HTTP callers get 503 and not a promise, memory is bounded, and all goes on afterwards', async () => {
  // The first ones may take longer than intake waits.
  await waitFor(async () => (await send()).status === 202);
  await broker.kill();

  const late = await send();
  expect([late.status, late.headers.get('retry-after')]).toEqual([503, '5']);

  const answers = await Promise.all(Array.from({ length: 8 }, () => send('x'.repeat(200_000))));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
  const refused = await send();
  expect(refused.status).toBe(503);
  // A machine that needs more than three seconds until here trusts no token any more, and says so first.
  const { detail } = (await refused.json()) as { detail: string };
  expect(detail).toMatch(/^(Too many events|The token cannot be checked)/);

  await broker.start();
  await waitFor(async () => (await send('after the outage')).status === 202);
  await waitFor(
    () => ingest.events.some(({ value }) => value.includes('after the outage')),
    'the event after the outage',
  );
});
