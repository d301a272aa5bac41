import { Operator } from '@skillora/running-stack';
import { randomUUID } from 'node:crypto';

import { Contract } from './testing/contract.js';
import { Customer, type Endpoint } from './testing/customer.js';

const customer = Customer.ofStack();
const PATH = '/api/v1/webhook-endpoints/';
const BODY = { url: 'http://127.0.0.1:2/hook', events: ['interview_completed'] };
let contract: Contract;

beforeAll(async () => {
  contract = await Contract.of(customer.address.api);
});

afterAll(async () => {
  // Other specs count the deliveries of their events.
  const { body } = await customer.call<{ results: Endpoint[] }>('GET', `${PATH}?page_size=200`);
  for (const { id, url } of body.results)
    if (url === BODY.url) await customer.call('DELETE', `${PATH}${id}/`);
});

async function create(key: string, body: unknown = BODY, token = customer.address.token) {
  const response = await fetch(customer.address.api + PATH, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
  });
  const answer = {
    status: response.status,
    headers: response.headers,
    replayed: response.headers.get('idempotent-replayed'),
    body: (await response.json()) as Record<string, unknown>,
  };
  expect(contract.deviations(`POST ${PATH}`, answer)).toEqual([]);
  return answer;
}

const withDescription = async (description: string): Promise<Endpoint[]> => {
  const { body } = await customer.call<{ results: Endpoint[] }>('GET', `${PATH}?page_size=200`);
  return body.results.filter((each) => each.description === description);
};

describe('a creation with an idempotency key', () => {
  it('is answered with the first answer when it is sent again, the secret included', async () => {
    const [key, description] = [randomUUID(), randomUUID()];
    const first = await create(key, { ...BODY, description });
    expect([first.status, first.replayed]).toEqual([201, null]);
    // The order of the keys does not make it another body.
    const again = await create(key, { description, ...BODY });
    expect([again.status, again.replayed, again.body]).toEqual([201, 'true', first.body]);
    expect(await withDescription(description)).toHaveLength(1);
  });

  it('is refused when the key came with another body before', async () => {
    const key = randomUUID();
    await create(key);
    for (const change of [
      { description: 'other' },
      { url: 'http://127.0.0.1:2/other' },
      { secret: 'x'.repeat(20) },
    ]) {
      const { status, body } = await create(key, { ...BODY, ...change });
      expect([status, Object.keys(body)]).toEqual([400, ['Idempotency-Key']]);
    }
  });

  it('creates one endpoint however many ask at once', async () => {
    const [key, description] = [randomUUID(), randomUUID()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => create(key, { ...BODY, description })),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(created.length).toBeGreaterThan(0);
    expect(new Set(created.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.filter(({ status }) => status !== 201).map(({ status }) => status)).toEqual(
      Array(20 - created.length).fill(409),
    );
    expect(await withDescription(description)).toHaveLength(1);
  });

  it('that is refused uses up no key', async () => {
    const key = randomUUID();
    expect((await create(key, { ...BODY, events: [] })).status).toBe(400);
    expect((await create(key)).status).toBe(201);
  });

  it.each([
    ['none', ''],
    ['too long', 'x'.repeat(256)],
    ['not printable', 'a\u00e9'],
  ])('is refused when the key is %s', async (_what, key) => {
    const { status, body } = await create(key);
    expect([status, Object.keys(body)]).toEqual([400, ['Idempotency-Key']]);
  });

  it('does not meet the keys of another organisation', async () => {
    const operator = new Operator(customer.address);
    const { token } = await operator.token(await operator.organization('Other keys'));
    const key = randomUUID();
    const [own, others] = [await create(key), await create(key, BODY, token)];
    expect([own.status, others.status, others.replayed]).toEqual([201, 201, null]);
    expect(others.body['id']).not.toBe(own.body['id']);
  });
});
