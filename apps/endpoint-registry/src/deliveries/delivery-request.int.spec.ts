import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { type Attempt, type Delivery, type Scope, SCOPES } from '@skillora/contracts';
import { secretFingerprint } from '@skillora/signing';
import { eventually } from '@skillora/testing';

import { LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

let registry: RunningRegistry;
let organization: string;
let token: string;
let endpoint: { id: string; secret: string };

beforeAll(async () => {
  registry = await RunningRegistry.start();
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

afterAll(() => registry.stop());

beforeEach(async () => {
  const { body } = await registry.call('POST', '/api/v1/webhook-endpoints/', token, ENDPOINT);
  endpoint = body as { id: string; secret: string };
});

const THEN = 'https://receiver.example/then?key=of-somebody';
const UNSIGNED = { 'X-Webhook-Signature-256': null, 'webhook-signature': null };

/** A delivery of which the log tells these attempts. */
async function delivered(...attempts: Partial<Attempt>[]): Promise<Delivery> {
  const log = new LogBuilder(Date.now() - 60_000);
  const delivery = log.delivery(log.event(randomUUID(), organization), endpoint.id);
  attempts.forEach((attempt, index) =>
    log.result({ ...delivery, step: index + 1 }, { attempt: { ...NO_EVIDENCE, ...attempt } }),
  );
  await registry.happened(log);
  await eventually(async () => {
    const { body } = await registry.call('GET', `/api/v1/webhook-deliveries/${delivery.deliveryId}/`, token);
    expect(body).toMatchObject({ attempt_count: attempts.length });
    const event = await registry.call('GET', `/api/v1/webhook-events/${delivery.eventId}/`, token);
    expect(event.status).toBe(200);
  });
  return delivery;
}

/** As releases wrote it that recorded nothing. */
const NO_EVIDENCE = {
  number: undefined,
  url: undefined,
  endpointVersion: undefined,
  remoteAddress: undefined,
  timingsMs: undefined,
  responseHeaders: undefined,
  signedWith: undefined,
  headerNames: undefined,
} as unknown as Partial<Attempt>;

const evidence = (number: number): Partial<Attempt> => ({
  number,
  url: THEN,
  endpointVersion: 1,
  signedWith: [secretFingerprint(endpoint.secret)],
});

const request = (id: string, query = '', as = token): Promise<Answer> =>
  registry.call('GET', `/api/v1/webhook-deliveries/${id}/request/${query}`, as);

describe('the request of an attempt', () => {
  it('is that of then, and without a number that of now', async () => {
    const { deliveryId, eventId } = await delivered(
      { ...evidence(1), startedAt: '2026-01-15T14:30:00.900Z' },
      evidence(2),
    );
    const { status, body } = await request(deliveryId, '?attempt=1');
    expect([status, body]).toEqual([
      200,
      {
        method: 'POST',
        url: THEN,
        headers: expect.objectContaining({
          'X-Webhook-Signature-256': expect.stringMatching(/^sha256=[0-9a-f]{64}$/),
          'X-Webhook-Delivery': '2026-01-15T14:30:00Z',
          'X-Webhook-Id': deliveryId,
          'X-Webhook-Event-Id': eventId,
          'X-Webhook-Attempt': '1',
        }),
        body: expect.stringContaining('interview.completed'),
        attempt: 1,
      },
    ]);
    expect((await request(deliveryId)).body).toMatchObject({
      url: ENDPOINT.url,
      headers: { 'X-Webhook-Attempt': '2' },
      attempt: 2,
    });
  });

  it('shows the names of extra headers as they were then, and never a value', async () => {
    await registry.call('PATCH', `/api/v1/webhook-endpoints/${endpoint.id}/`, token, {
      headers: { 'X-Now': 'a value of now' },
      authentication: { type: 'bearer', token: 'a-token-of-now' },
    });
    const { deliveryId } = await delivered({ ...evidence(1), headerNames: ['X-Then'] }, evidence(2));
    const headersOf = async (query: string): Promise<object> => {
      const { body } = await request(deliveryId, query);
      expect(JSON.stringify(body)).not.toMatch(/of now|of-now/);
      return (body as { headers: object }).headers;
    };
    expect(await headersOf('?attempt=1')).toMatchObject({ 'X-Then': '***' });
    expect(await headersOf('?attempt=1')).not.toHaveProperty('X-Now');
    expect(await headersOf('?attempt=2')).not.toHaveProperty('X-Then');
    expect(await headersOf('')).toMatchObject({ 'X-Now': '***', Authorization: '***' });
  });

  it('of an earlier release shows what is known, and null for the rest', async () => {
    const { deliveryId } = await delivered({}, evidence(2));
    const { body } = await request(deliveryId, '?attempt=1');
    expect(body).toMatchObject({
      url: null,
      headers: { 'X-Webhook-Id': deliveryId, ...UNSIGNED },
      attempt: 1,
    });
    expect((body as { headers: object }).headers).not.toHaveProperty('X-Webhook-Attempt');
  });

  it('is signed with a former secret while that is kept, and with no other afterwards', async () => {
    const { deliveryId } = await delivered(evidence(1));
    const before = (await request(deliveryId, '?attempt=1')).body;
    const regenerate = (body: object): Promise<Answer> =>
      registry.call('POST', `/api/v1/webhook-endpoints/${endpoint.id}/regenerate_secret/`, token, body);
    expect((await regenerate({ expire_former_after: '1h' })).status).toBe(200);
    expect((await request(deliveryId, '?attempt=1')).body).toEqual(before);
    expect((await regenerate({})).status).toBe(200);
    await registry.query("UPDATE endpoints SET former_secrets = '[]' WHERE id = $1", [endpoint.id]);
    expect((await request(deliveryId, '?attempt=1')).body).toMatchObject({ url: THEN, headers: UNSIGNED });
  });

  it('shows URL and signatures as far as the scopes of a token go', async () => {
    const { deliveryId } = await delivered(evidence(1));
    const as = async (...scopes: Scope[]): Promise<unknown> => {
      const { token: other } = await registry.token(organization, ['deliveries:read', ...scopes]);
      return (await request(deliveryId, '?attempt=1', other)).body;
    };
    const masked = { 'X-Webhook-Signature-256': expect.stringMatching(/^sha256=[0-9a-f]{8}…$/) };
    expect(await as()).toMatchObject({ url: null, headers: masked });
    expect(await as('endpoints:read')).toMatchObject({ url: THEN, headers: masked });
    const { token: reader } = await registry.token(organization, ['deliveries:read']);
    for (const path of [
      `webhook-deliveries/${deliveryId}/`,
      `webhook-deliveries/?endpoint_id=${endpoint.id}`,
      `webhook-deliveries/${deliveryId}/request/?attempt=1`,
    ]) {
      const { body } = await registry.call('GET', `/api/v1/${path}`, reader);
      expect(JSON.stringify(body)).not.toContain('of-somebody');
    }
  });

  it('is for its organisation alone', async () => {
    const { deliveryId } = await delivered(evidence(1));
    const { token: foreign } = await registry.token(await registry.organization(), SCOPES);
    for (const query of ['?attempt=1', '?attempt=2']) {
      expect(await request(deliveryId, query, foreign)).toMatchObject({
        status: 404,
        body: { detail: 'Not found.' },
      });
    }
  });

  it('that was not made is 404, and what is no number is 400', async () => {
    const { deliveryId } = await delivered(evidence(1), evidence(3));
    expect(await request(deliveryId, '?attempt=2')).toMatchObject({
      status: 404,
      body: { detail: 'This delivery has no attempt 2: it has had 2.' },
    });
    expect(await request(deliveryId, '?attempt=3')).toMatchObject({ status: 200, body: { attempt: 3 } });
    for (const bad of ['0', '-1', 'x', '1.0', '4294967296', '']) {
      expect(await request(deliveryId, `?attempt=${bad}`)).toMatchObject({
        status: 400,
        body: { attempt: [expect.stringContaining('whole number')] },
      });
    }
  });

  it('is shown of an endpoint whose URL and secrets are no longer kept, unsigned', async () => {
    const { deliveryId } = await delivered(evidence(1));
    await registry.query("UPDATE endpoints SET url = '', former_secrets = '[]' WHERE id = $1", [endpoint.id]);
    expect((await request(deliveryId)).status).toBe(404);
    expect(await request(deliveryId, '?attempt=1')).toMatchObject({
      status: 200,
      body: { url: THEN, headers: UNSIGNED },
    });
  });

  it('is not shown once its event is no longer kept, which the answer says', async () => {
    const { deliveryId, eventId } = await delivered(evidence(1));
    await registry.query('DELETE FROM events WHERE id = $1', [eventId]);
    for (const query of ['', '?attempt=1']) {
      expect(await request(deliveryId, query)).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining('event of this delivery is not in the audit') },
      });
    }
  });

  it('beyond the newest 50 is found by its number', async () => {
    const { deliveryId } = await delivered(...Array.from({ length: 52 }, (_, index) => evidence(index + 1)));
    expect((await request(deliveryId, '?attempt=1')).body).toMatchObject({
      headers: { 'X-Webhook-Attempt': '1' },
    });
  });
});
