import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { canonicalEventSchema, SCOPES } from '@skillora/contracts';
import type { OpenApiDocument } from '@skillora/rest';
import { waitFor } from '@skillora/testing';

import { RunningIngest } from './testing/running-ingest.js';
import { cloudEvent } from './testing/samples.js';

/** Every route of the service that asks for no token, and the one that does. */
const DESCRIPTION = ['GET /api/v1/docs', 'GET /api/v1/openapi.json'];
const OPEN = ['GET /health/live', 'GET /health/ready', ...DESCRIPTION];
const INTAKE = 'POST /api/v1/interview-completions';

let ingest: RunningIngest;
const [owner, stranger] = [randomUUID(), randomUUID()];

beforeAll(async () => {
  ingest = await RunningIngest.start(process.env['TEST_KAFKA_BROKERS'] ?? '');
});

afterAll(() => ingest.stop());

const text = (change: Record<string, unknown>): string => JSON.stringify(cloudEvent(change));

it('every route of the running application is spoken of here', () => {
  expect(ingest.routes.map((route) => route.replace(/\/$/, ''))).toEqual([...OPEN, INTAKE].sort());
});

it('every route of the API is in its OpenAPI document, and no other', async () => {
  const { paths } = (await (await ingest.get('/api/v1/openapi.json')).json()) as OpenApiDocument;
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\/$/, '')}`),
  );
  expect(documented.sort()).toEqual([...DESCRIPTION, INTAKE].sort());
});

describe(INTAKE, () => {
  it('asks for its scope, and for no other', async () => {
    const event = text({ id: randomUUID(), organizationid: owner });
    const others = SCOPES.filter((scope) => scope !== 'events:write');
    const refused = await ingest.post(event, await ingest.token(owner, others));
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="events:write"',
    ]);
    expect((await ingest.post(event, await ingest.token(owner, ['events:write']))).status).toBe(202);
    expect((await ingest.post(event, null)).status).toBe(401);
  });

  it('takes no event in the name of another organisation', async () => {
    const token = await ingest.token(stranger);
    const forged = text({ id: randomUUID(), organizationid: owner });
    const refused = await ingest.post(forged, token);
    expect([refused.status, Object.keys((await refused.json()) as object)]).toEqual([
      400,
      ['organizationid'],
    ]);
    const own = cloudEvent({ id: randomUUID(), organizationid: stranger });
    const batch = await ingest.post(
      JSON.stringify([own, JSON.parse(forged)]),
      token,
      'application/cloudevents-batch+json',
    );
    expect(batch.status).toBe(400);
  });

  it("gives an event that names none to the token's organisation", async () => {
    const id = randomUUID();
    const token = await ingest.token(stranger);
    expect((await ingest.post(text({ id, organizationid: undefined }), token)).status).toBe(202);
    const { key, value } = await waitFor(
      () => ingest.events.find((event) => canonicalEventSchema.decode(event.value).sourceId === id),
      'the event',
    );
    expect([key, canonicalEventSchema.decode(value).organizationId]).toEqual([stranger, stranger]);
  });
});
