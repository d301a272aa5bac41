import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';
import {
  Customer,
  type Endpoint,
  type EndpointSettings,
  type Page,
  type WebhookEvent,
} from './testing/customer.js';
import { interviewCompleted, mockInterviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';

const customer = Customer.ofStack();
const producer = new ProducerService(customer.address);
const made: string[] = [];

async function register(change: EndpointSettings = {}) {
  const endpoint = await customer.register('http://127.0.0.1:2/hook', change);
  made.push(endpoint.id);
  return endpoint;
}

afterEach(async () => {
  for (const id of made.splice(0)) await customer.call('DELETE', `/api/v1/webhook-endpoints/${id}/`);
});

describe('endpoints', () => {
  it('are created with the promised fields, the secret among them this once', async () => {
    const created = await register({ description: 'Production' });
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      url: 'http://127.0.0.1:2/hook',
      events: ['interview_completed', 'mock_interview_completed'],
      description: 'Production',
      is_active: true,
      header_names: [],
      authentication: { type: 'none' },
      filter: null,
      retry_schedule: 'standard',
      rate_limit: null,
      held_since: null,
      secret: expect.stringMatching(/^whsec_/),
      standard_webhooks_secret: created.secret,
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
      last_triggered_at: null,
      total_deliveries: 0,
      failed_deliveries: 0,
      disabled_reason: null,
      disabled_at: null,
      health: { state: 'healthy', failing_since: null, last_success_at: null, consecutive_failures: 0 },
    });
    const { secret: _secret, standard_webhooks_secret: _same, ...rest } = created;
    expect(await customer.endpoint(created.id)).toEqual(rest);
  });

  it('can be put back as they were read, changed by PATCH, and are found with and without a slash', async () => {
    const { id } = await register({
      headers: { 'X-Gateway': 'b7e1c0' },
      authentication: { type: 'basic', username: 'hooks', password: 'never shown' },
    });
    const read = await customer.endpoint(id);
    const put = await customer.call<Endpoint>('PUT', `/api/v1/webhook-endpoints/${id}/`, read);
    expect(put.status).toBe(200);
    expect({ ...put.body, updated_at: '' }).toEqual({ ...read, updated_at: '' });
    expect(read).toMatchObject({
      header_names: ['X-Gateway'],
      authentication: { type: 'basic', username: 'hooks' },
    });
    expect(JSON.stringify(read)).not.toMatch(/never shown|b7e1c0/);
    const patched = await customer.call<Endpoint>('PATCH', `/api/v1/webhook-endpoints/${id}`, {
      description: 'new',
    });
    expect(patched.body).toMatchObject({ description: 'new', url: read.url });
    expect((await customer.call('GET', `/api/v1/webhook-endpoints/${id}`)).status).toBe(200);
  });

  it('have a rate limit if it is asked for, which stays until it is changed or removed', async () => {
    const { id, rate_limit } = await register({ rate_limit: 25 });
    expect(rate_limit).toBe(25);
    const path = `/api/v1/webhook-endpoints/${id}/`;
    const { rate_limit: _, ...without } = await customer.endpoint(id);
    expect((await customer.call<Endpoint>('PUT', path, without)).body.rate_limit).toBe(25);
    expect((await customer.call<Endpoint>('PATCH', path, { rate_limit: 1_000 })).body.rate_limit).toBe(1_000);
    const refused = await customer.call<object>('PATCH', path, { rate_limit: 1_001 });
    expect([refused.status, refused.body]).toEqual([
      400,
      { rate_limit: ['Must be a whole number from 1 to 1,000 (deliveries a second), or null for no limit.'] },
    ]);
    expect((await customer.call<Endpoint>('PATCH', path, { rate_limit: null })).body.rate_limit).toBeNull();
  });

  it('are held and resumed, each once', async () => {
    const { id } = await register();
    const post = (action: string) =>
      customer.call<Endpoint & { detail: string }>('POST', `/api/v1/webhook-endpoints/${id}/${action}/`);
    expect((await post('resume')).status).toBe(409);
    const held = await post('hold');
    expect([held.status, held.body.held_since]).toEqual([200, expect.stringMatching(/Z$/)]);
    expect((await customer.endpoint(id)).held_since).toBe(held.body.held_since);
    expect(await post('hold')).toMatchObject({
      status: 409,
      body: { detail: `The endpoint is held already, since ${held.body.held_since}.` },
    });
    expect(await post('resume')).toMatchObject({ status: 200, body: { held_since: null } });
    expect(await post('resume')).toMatchObject({
      status: 409,
      body: { detail: 'The endpoint is not held.' },
    });
  });

  it('are refused a secret by PUT and PATCH, which name the way to a new one', async () => {
    const { id } = await register();
    const read = await customer.endpoint(id);
    for (const method of ['PUT', 'PATCH']) {
      const { status, body } = await customer.call<Record<string, string[]>>(
        method,
        `/api/v1/webhook-endpoints/${id}/`,
        { ...read, description: 'not changed', secret: 'a secret of our own' },
      );
      expect([status, body]).toEqual([400, { secret: [expect.stringContaining('regenerate_secret/')] }]);
    }
    expect(await customer.endpoint(id)).toEqual(read);
  });

  it('are listed newest first, page by page and back', async () => {
    const ids = [];
    for (let i = 0; i < 5; i += 1) ids.unshift((await register()).id);
    const first = await customer.call<Page<Endpoint>>('GET', '/api/v1/webhook-endpoints/?page_size=2');
    expect(first.body.results.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first.body.previous).toBeNull();
    const second = await customer.call<Page<Endpoint>>('GET', first.body.next!);
    expect(second.body.results.map(({ id }) => id)).toEqual(ids.slice(2, 4));
    const back = await customer.call<Page<Endpoint>>('GET', second.body.previous!);
    expect(back.body.results.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    for (const { secret } of first.body.results) expect(secret).toBeUndefined();
  });

  it.each([
    ['no url', { url: undefined }, 'url'],
    ['a url that is none', { url: 'nowhere' }, 'url'],
    ['another scheme', { url: 'ftp://receiver.example/' }, 'url'],
    ['credentials in the url', { url: 'https://user:pass@receiver.example/' }, 'url'],
    ['a private address', { url: 'https://10.1.2.3/hook' }, 'url'],
    ['a port of another protocol', { url: 'https://receiver.example:25/hook' }, 'url'],
    ['the metadata service', { url: 'http://169.254.169.254/latest' }, 'url'],
    ['no events', { events: [] }, 'events'],
    ['an unknown event', { events: ['coffee_break'] }, 'events'],
    ['a short secret', { secret: 'short' }, 'secret'],
    ['a long description', { description: 'x'.repeat(1_025) }, 'description'],
    ['a flag that is text', { is_active: 'maybe' }, 'is_active'],
    ['an unknown retry schedule', { retry_schedule: 'weekly' }, 'retry_schedule'],
  ])('with %s are refused and the field is named', async (_what, change, field) => {
    const { status, body } = await customer.call<Record<string, string[]>>(
      'POST',
      '/api/v1/webhook-endpoints/',
      {
        url: 'https://receiver.example/hook',
        events: ['interview_completed'],
        ...change,
      },
    );
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual([field]);
    expect(body[field]?.[0]).toEqual(expect.any(String));
  });
});

describe('the audit', () => {
  it('lists events and deliveries, and filters them', async () => {
    const receiver = await Receiver.start();
    const { id } = await customer.register(receiver.url);
    made.push(id);
    const before = new Date(Date.now() - 1_000).toISOString();
    await producer.publish(interviewCompleted());
    await producer.publish(mockInterviewCompleted());
    const delivered = await waitFor(async () => {
      const found = await customer.deliveries({ endpoint_id: id, status: 'success' });
      return found.length === 2 && found;
    }, 'two deliveries');
    const of = async (filter: string): Promise<WebhookEvent[]> =>
      (await customer.call<Page<WebhookEvent>>('GET', `/api/v1/webhook-events/?${filter}`)).body.results;
    // Other specs publish for the same organisation.
    const own = new Set(delivered.map(({ event_id }) => event_id));
    const since = await of(`created_after=${before}&page_size=200`);
    expect(since.filter(({ id: event }) => own.has(event))).toHaveLength(2);
    expect(since.every(({ created_at }) => created_at > before)).toBe(true);
    const mocks = await of(`event_type=mock_interview_completed&created_after=${before}`);
    expect(new Set(mocks.map(({ event_type }) => event_type))).toEqual(new Set(['mock_interview_completed']));
    const mock = mocks.filter(({ id: event }) => own.has(event));
    expect(mock).toHaveLength(1);
    expect(await of(`created_before=${before}&page_size=200`)).not.toContainEqual(mock[0]);
    const { body } = await customer.call<Page<{ id: string }>>(
      'GET',
      `/api/v1/webhook-events/${mock[0]!.id}/deliveries/`,
    );
    expect(body.results).toEqual([expect.objectContaining({ endpoint_id: id, status: 'success' })]);
    const typed = await customer.deliveries({ endpoint_id: id, event_type: 'interview_completed' });
    expect(typed).toHaveLength(1);
    const single = await customer.call('GET', `/api/v1/webhook-deliveries/${typed[0]!.id}/`);
    expect(single.body).toEqual(typed[0]);
    await receiver.stop();
  });

  it.each([
    ['webhook-deliveries', 'status=lost', 'status'],
    ['webhook-deliveries', 'endpoint_id=7', 'endpoint_id'],
    ['webhook-deliveries', 'page_size=201', 'page_size'],
    ['webhook-deliveries', 'cursor=forged', 'cursor'],
    ['webhook-deliveries', 'created_after=soon', 'created_after'],
    ['webhook-events', 'event_type=coffee_break', 'event_type'],
  ])('refuses %s?%s and names the parameter', async (list, query, field) => {
    const { status, body } = await customer.call<object>('GET', `/api/v1/${list}/?${query}`);
    expect(status).toBe(400);
    expect(Object.keys(body)).toEqual([field]);
  });

  it('ignores parameters it does not know', async () => {
    expect((await customer.call('GET', '/api/v1/webhook-deliveries/?colour=red')).status).toBe(200);
  });
});

describe('what nobody may', () => {
  const stranger = new Customer(customer.address, 'a-token-that-was-never-issued-to-anyone');

  it('needs a token everywhere', async () => {
    for (const path of ['webhook-endpoints', 'webhook-events', 'webhook-deliveries']) {
      const { status, headers, body } = await stranger.call<{ detail: string }>('GET', `/api/v1/${path}/`);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
      expect(body.detail).toEqual(expect.any(String));
    }
  });

  it.each([
    ['GET', `/api/v1/webhook-endpoints/${randomUUID()}/`, 404],
    ['GET', '/api/v1/webhook-endpoints/not-a-uuid/', 404],
    ['GET', '/api/v1/nothing-here/', 404],
    ['DELETE', '/api/v1/webhook-deliveries/', 405],
    ['PUT', '/api/v1/webhook-endpoints/', 405],
  ])('%s %s is %i', async (method, path, expected) => {
    const { status, headers, body } = await customer.call<{ detail: string }>(method, path);
    expect(status).toBe(expected);
    expect(body).toEqual({ detail: expect.any(String) });
    if (expected === 405) expect(headers.get('allow')).toContain('GET');
  });
});

describe('every service', () => {
  it('says that it lives, that it is ready, and how it is', async () => {
    const { api, ingest, management } = customer.address;
    for (const service of [api, ingest, ...Object.values(management)]) {
      expect((await fetch(`${service}/health/live`)).status).toBe(200);
      // A busy machine may leave a member of a group silent for a moment.
      await waitFor(async () => (await fetch(`${service}/health/ready`)).status === 200, 'its readiness');
    }
    for (const service of Object.values(management)) {
      expect(await (await fetch(`${service}/metrics`)).text()).toContain('process_cpu_seconds_total');
    }
  });

  it('tells its metrics to nobody on the port that customers use', async () => {
    const { api, ingest } = customer.address;
    for (const service of [api, ingest]) {
      const answer = await fetch(`${service}/metrics`);
      expect([answer.status, await answer.json()]).toEqual([404, { detail: 'Not found.' }]);
    }
  });
});
