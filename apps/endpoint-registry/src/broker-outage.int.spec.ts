import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SCOPES } from '@skillora/contracts';
import { freePort, type RunningBroker, startEmbeddedBroker } from '@skillora/engines';
import { waitFor } from '@skillora/testing';

import { ENDPOINT } from './testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from './testing/running-registry.js';

let dataDir: string;
let broker: RunningBroker;
let registry: RunningRegistry;
let token: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'skillora-registry-'));
  broker = await startEmbeddedBroker({ dataDir, port: await freePort() });
  registry = await RunningRegistry.start({ KAFKA_BROKERS: broker.brokers.join(',') });
  ({ token } = await registry.token(await registry.organization(), SCOPES));
});

afterAll(async () => {
  await registry.stop();
  await broker.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const PATH = '/api/v1/webhook-endpoints/';
const secretOf = async (id: unknown): Promise<string> => {
  const [row] = await registry.query<{ sealed_secret: string }>(
    'SELECT sealed_secret FROM endpoints WHERE id = $1',
    [id],
  );
  return row!.sealed_secret;
};
const count = async (): Promise<number> =>
  (await registry.query('SELECT 1 FROM endpoints WHERE deleted_at IS NULL', [])).length;

it('while no broker answers, what cannot be told is not done: no endpoint is made, no secret changed, no key used up', async () => {
  const { body } = await registry.call('POST', PATH, token, ENDPOINT);
  const { id } = body as { id: string };
  const before = await secretOf(id);
  const key = { 'idempotency-key': randomUUID() };
  await broker.kill();

  const answers = await Promise.all([
    registry.call('POST', `${PATH}${id}/regenerate_secret/`, token),
    registry.call('POST', PATH, token, ENDPOINT),
    registry.call('POST', PATH, token, ENDPOINT, key),
  ]);
  for (const { status, headers, body: problem } of answers) {
    expect([status, headers.get('retry-after'), problem]).toEqual([
      503,
      '5',
      { detail: 'Nothing was changed, because the change could not be put into effect.' },
    ]);
  }
  expect([await secretOf(id), await count()]).toEqual([before, 1]);

  await broker.start();
  // A slow machine may need more than one try until the broker is found again; each is in the log of changes.
  const tries = { creation: 0, secret: 0 };
  const untilDone = (what: keyof typeof tries, ask: () => Promise<Answer>): Promise<Answer> =>
    waitFor(async () => {
      tries[what] += 1;
      const answer = await ask();
      return answer.status !== 503 && answer;
    }, `an answer to the ${what}`);
  const made = await untilDone('creation', () => registry.call('POST', PATH, token, ENDPOINT, key));
  expect([made.status, made.headers.get('idempotent-replayed')]).toEqual([201, null]);
  const regenerated = await untilDone('secret', () =>
    registry.call('POST', `${PATH}${id}/regenerate_secret/`, token),
  );
  expect(regenerated.status).toBe(200);
  expect(await secretOf(id)).not.toBe(before);

  // What was done and undone is in the log of changes all the same.
  const { body: log } = await registry.call('GET', '/api/v1/audit/changes/', token);
  const actions = (log as { results: { action: string }[] }).results.map(({ action }) => action);
  const times = (wanted: string): number => actions.filter((action) => action === wanted).length;
  expect({
    created: times('endpoint.created'),
    regenerated: times('endpoint.secret_regenerated'),
    withdrawn: times('endpoint.withdrawn'),
  }).toEqual({
    created: 3 + tries.creation,
    regenerated: 1 + tries.secret,
    withdrawn: 3 + (tries.creation - 1) + (tries.secret - 1),
  });
});
