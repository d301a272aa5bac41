import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { Operator, RunningStack } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

import type { Answer, Delivery } from './testing/customer.js';
import { everythingWritten, OPERATORS_FILES, type Writing } from './testing/everything-written.js';
import { Gateway } from './testing/gateway.js';
import { interviewCompleted, ProducerService } from './testing/producer-service.js';
import { Receiver } from './testing/receiver.js';
import { tracesOf } from './testing/traces.js';

const PATH = '/api/v1/webhook-endpoints/';
const EVENTS = ['interview_completed', 'mock_interview_completed'];
const SECRETS_KEY = Buffer.from(randomUUID().replaceAll('-', '')).toString('base64');
/** Written in the clear in many places, so that looking for it shows that the looking finds. */
const MARKER = `marker-${randomUUID()}`;

let stack: RunningStack;
let receiver: Receiver;
/** It repeats the credentials that it gets. */
let gateway: Gateway;
/** What must stand nowhere, by what it is. */
const secrets: Record<string, string> = { 'the key of SECRETS_KEY': SECRETS_KEY };
/** What the API answered, but for the answers that hand a secret out. */
const answers: Writing[] = [];
let written: Writing[];

/** Calls the API and keeps the answer, unless it is one that hands a secret out. */
async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  { token = stack.address.token, headers = {}, handsOut = false }: CallOptions = {},
): Promise<Answer<T>> {
  const response = await fetch(stack.address.api + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!handsOut) answers.push({ place: `the answer to ${method} ${path}`, bytes: Buffer.from(text) });
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? undefined : JSON.parse(text)) as T,
  };
}

interface CallOptions {
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly handsOut?: boolean;
}

async function register(what: string, body: object, headers = {}): Promise<string> {
  const made = await call<{ id: string; secret: string }>(
    'POST',
    PATH,
    { events: EVENTS, ...body },
    { headers, handsOut: true },
  );
  expect(made.status).toBe(201);
  secrets[what] = made.body.secret;
  return made.body.id;
}

/** A day in the life of endpoints, secrets and tokens, with what goes wrong in it. */
async function useEverything(): Promise<void> {
  const { address } = stack;
  secrets['the token of the installation'] = address.token;
  const operator = new Operator(address);
  const { id: tokenId, token } = await operator.token(address.organizationId);
  secrets['a token made by an operator'] = token;
  const ephemeral = await operator.token(address.organizationId);
  secrets['a revoked token'] = ephemeral.token;
  await operator.admin('tokens', 'revoke', ephemeral.token);

  const url = receiver.url;
  const healthy = await register('a generated secret', { url });
  await register('a secret of a customer', { url, secret: `my-own-secret-${randomUUID()}` });
  const idempotency = { 'idempotency-key': randomUUID() };
  const kept = { url, description: randomUUID() };
  await register('a secret under an idempotency key', kept, idempotency);
  await register('a secret under an idempotency key', kept, idempotency);
  await register('the secret of one that refuses', { url: 'http://127.0.0.1:2/refused' });
  await register('the secret of one without TLS', { url: url.replace('http:', 'https:') });
  await register('the secret of one without a name', { url: 'http://nobody.invalid/' });
  secrets['a former secret'] = secrets['a generated secret'] ?? '';
  const regenerate = async (what: string, body?: object): Promise<void> => {
    const answer = await call<{ secret: string }>('POST', `${PATH}${healthy}/regenerate_secret/`, body, {
      handsOut: true,
    });
    expect(answer.status).toBe(200);
    secrets[what] = answer.body.secret;
  };
  await regenerate('a regenerated secret', { expire_former_after: 3_600 });
  await regenerate('a secret regenerated once more');

  await useCredentials(idempotency);

  // What is refused is not repeated, neither to whoever sent it nor in logs.
  secrets['a secret that was refused'] = 'short-secret-🙈';
  secrets['a secret beside what was refused'] = `beside-${randomUUID()}`;
  secrets['a secret in what was no JSON'] = `no-json-${randomUUID()}`;
  secrets['an unknown token'] = `unknown-${randomUUID()}`;
  const refusals = [
    await call('POST', PATH, { url, events: EVENTS, secret: secrets['a secret that was refused'] }),
    await call('POST', PATH, { url: 'ftp://x', secret: secrets['a secret beside what was refused'] }),
    await call('PATCH', `${PATH}${healthy}/`, `{"secret": "${secrets['a secret in what was no JSON']}",}`),
    await call('GET', PATH, undefined, { token: secrets['an unknown token'] }),
    await call('GET', PATH, undefined, { token: ephemeral.token }),
  ];
  expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 401, 401]);

  receiver.next({ status: 500, body: 'once' });
  const producer = new ProducerService(address);
  await producer.publish(interviewCompleted());
  expect((await producer.post(interviewCompleted(), undefined, token)).status).toBe(202);
  await producer.publishRaw(Buffer.from('nothing that is an event'));
  expect((await call('POST', `${PATH}${healthy}/test/`)).status).toBe(200);
  const [delivery] = await waitFor(async () => {
    const path = `/api/v1/webhook-deliveries/?endpoint_id=${healthy}&status=success`;
    const { results } = (await call<{ results: Delivery[] }>('GET', path)).body;
    return results.length >= 3 && results;
  }, 'the deliveries');
  await waitFor(async () => {
    const path = '/api/v1/webhook-deliveries/?status=failed';
    return (await call<{ results: Delivery[] }>('GET', path)).body.results.length > 0;
  }, 'failures');
  await credentialsArrived();
  const echoes = await waitFor(async () => {
    const { results } = (
      await call<{ results: Delivery[] }>('GET', '/api/v1/webhook-deliveries/?status=success')
    ).body;
    const found = results.flatMap(({ id, attempts }) =>
      attempts.some(({ response_body }) => response_body?.includes('***')) ? [id] : [],
    );
    return found.length >= 3 && found;
  }, 'answers that repeat the request');
  for (const echo of echoes) {
    const { body } = await call<{ headers: object }>(
      'GET',
      `/api/v1/webhook-deliveries/${echo}/request/?attempt=1`,
    );
    expect(body.headers).toHaveProperty('Authorization', '***');
  }
  for (const path of [
    '/api/v1/audit/changes/',
    PATH,
    `${PATH}${healthy}/`,
    `/api/v1/webhook-deliveries/${delivery?.id}/`,
    `/api/v1/webhook-deliveries/${delivery?.id}/request/`,
    '/api/v1/webhook-events/',
    '/api/v1/webhook-stats/',
    '/api/v1/openapi.json',
  ]) {
    expect((await call('GET', path, undefined, { token })).status).toBe(200);
  }
  await operator.admin('tokens', 'list', '--organization', address.organizationId);
  await operator.admin('tokens', 'revoke', tokenId);
  expect((await call('DELETE', `${PATH}${healthy}/`)).status).toBe(204);
  const marked = { url: `${url}?${MARKER}`, events: EVENTS, description: MARKER };
  expect((await call('POST', PATH, marked, { handsOut: true })).status).toBe(201);
}

/** Endpoints behind a gateway that wants credentials of each type, some of which are changed and removed. */
async function useCredentials(idempotency: object): Promise<void> {
  const { url } = gateway;
  const secretOf = (what: string): string => (secrets[what] = `${what.replaceAll(' ', '-')}-${randomUUID()}`);
  secrets['a token that was asked for'] = gateway.issuedToken;
  const headers = { 'X-Gateway': secretOf('the value of a header'), 'X-Other': secretOf('another value') };
  const kept = { 'idempotency-key': `${Object.values(idempotency).join()}-credentials` };
  const basic = { type: 'basic', username: 'hooks', password: secretOf('a password') };
  const id = await register(
    'the secret of one with credentials',
    { url, headers, authentication: basic },
    kept,
  );
  await register('the secret of one with credentials', { url, headers, authentication: basic }, kept);
  await register('the secret of one with a token', {
    url,
    authentication: { type: 'bearer', token: secretOf('a token of a customer') },
  });
  await register('the secret of one that asks for tokens', {
    url,
    authentication: {
      type: 'oauth2_client_credentials',
      ...{ token_url: gateway.tokenUrl, client_id: 'hooks', client_secret: secretOf('a client secret') },
    },
  });
  const change = { 'X-Other': null, 'X-Third': secretOf('a value by PATCH') };
  expect((await call('PATCH', `${PATH}${id}/`, { headers: change })).status).toBe(200);
  const refused = { 'X-Gateway': secretOf('a value that was refused'), Host: secretOf('a host') };
  expect((await call('PATCH', `${PATH}${id}/`, { headers: refused })).status).toBe(400);
  const twice = { ...basic, type: 'bearer', token: secretOf('a token that was refused') };
  expect((await call('PATCH', `${PATH}${id}/`, { authentication: twice })).status).toBe(400);
}

/** What the gateway got, and what is kept of its answers, which repeat it. */
async function credentialsArrived(): Promise<void> {
  const basic = `Basic ${Buffer.from(`hooks:${secrets['a password']}`).toString('base64')}`;
  const bearers = ['a token of a customer', 'a token that was asked for'].map(
    (what) => `Bearer ${secrets[what]}`,
  );
  const arrived = await waitFor(() => {
    const authorizations = gateway.arrivals.map(({ authorization }) => authorization);
    return [basic, ...bearers].every((each) => authorizations.includes(each)) && gateway.arrivals;
  }, 'each credential at the gateway');
  expect(arrived.find(({ authorization }) => authorization === basic)).toMatchObject({
    'x-gateway': secrets['the value of a header'],
    'x-third': secrets['a value by PATCH'],
  });
  secrets['a password as it was sent'] = basic.slice('Basic '.length);
  expect(arrived.every((headers) => !('x-other' in headers))).toBe(true);
}

beforeAll(async () => {
  receiver = await Receiver.start();
  gateway = await Gateway.start(`issued-token-${randomUUID()}`);
  stack = await RunningStack.start({
    SECRETS_KEY,
    LOG_LEVEL: 'debug',
    RETRY_DELAYS: '300ms,300ms,300ms',
    DELIVERY_TIMEOUT: '10s',
    ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  });
  await useEverything();
  written = [...answers, { place: 'the terminal', bytes: Buffer.from(stack.printed) }];
  for await (const writing of everythingWritten(stack.address)) written.push(writing);
  // A whole day, and everything that was written in it: more than other tests do before they begin.
}, 1_200_000);

afterAll(async () => {
  await receiver.stop();
  await gateway.stop();
  await stack.stop();
});

describe('everything that the system writes: topics, tables, logs, metrics, files and answers', () => {
  it('holds no secret of an endpoint and no token in the clear', async () => {
    expect(Object.keys(secrets).length).toBeGreaterThanOrEqual(28);
    // What `npm start` tells whoever started it, so that they can begin.
    const meant = 'the token of the installation in the terminal';
    expect(await tracesOf(secrets, written)).toEqual([meant]);
  });

  it('is looked through so that what does stand in the clear is found', async () => {
    const traces = await tracesOf({ marker: MARKER }, written);
    for (const place of ['topic webhook.endpoints', 'table endpoints', 'file kafka/', 'file postgres/']) {
      expect(traces.find((trace) => trace.startsWith(`marker in ${place}`))).toBeDefined();
    }
    const places = new Set(written.map(({ place }) => place));
    for (const place of [
      ...['events', 'deliveries', 'delivery-results', 'api-tokens', 'retries.1'].map(
        (name) => `topic webhook.${name}`,
      ),
      'topic interview-completions.dead-letter',
      'topic __consumer_offsets',
      'table idempotency_keys',
      ...['endpoint-registry', 'event-ingest', 'dispatcher'].map((service) => `file logs/${service}.log`),
    ]) {
      expect(places).toContain(place);
    }
  });

  it('leaves what an operator needs in two files that their owner alone may read', async () => {
    for (const file of OPERATORS_FILES) {
      const { mode } = await stat(join(stack.address.dataDir, file));
      expect(mode & 0o077).toBe(0);
    }
  });
});
