import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { type Delivery, SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually } from '@skillora/testing';

import { BEGINNING, iso, LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

/** Two instances of the service on one database. */
let instances: [RunningRegistry, RunningRegistry];
let organization: string;
let token: string;
let endpoint: string;

beforeAll(async () => {
  const DATABASE_URL = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  instances = [await RunningRegistry.start({ DATABASE_URL }), await RunningRegistry.start({ DATABASE_URL })];
  organization = await instances[0].organization();
  ({ token } = await instances[0].token(organization, SCOPES));
  endpoint = await register();
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

async function register(): Promise<string> {
  const { body } = await instances[0].call('POST', '/api/v1/webhook-endpoints/', token, ENDPOINT);
  return (body as { id: string }).id;
}

const detail = ({ body }: Answer): string => (body as { detail: string }).detail;

const retry = (id: string, instance = 0, key?: string): Promise<Answer> =>
  instances[instance]!.call(
    'POST',
    `/api/v1/webhook-deliveries/${id}/retry/`,
    token,
    undefined,
    key === undefined ? {} : { 'idempotency-key': key },
  );

/** As many requests at once as Stripe's or anybody's retry button has clicks, over both instances. */
const retryAtOnce = (id: string, key?: string): Promise<Answer[]> =>
  Promise.all(Array.from({ length: 8 }, (_, index) => retry(id, index % 2, key)));

async function shows(id: string, expected: object): Promise<void> {
  await eventually(async () => {
    const { body } = await instances[0].call('GET', `/api/v1/webhook-deliveries/${id}/`, token);
    expect(body).toMatchObject(expected);
  });
}

async function happens(tell: (log: LogBuilder) => void): Promise<void> {
  const log = new LogBuilder(Date.now());
  tell(log);
  await instances[0].happened(log);
}

let made = 0;

/** A delivery whose automatic attempts have failed; their events are a minute apart. */
async function failedDelivery(endpointId = endpoint): Promise<Delivery> {
  const log = new LogBuilder(BEGINNING + (made += 1) * 60_000);
  const delivery = log.delivery(log.event(randomUUID(), organization), endpointId);
  log.result(delivery, { status: 'failed' });
  await instances[0].happened(log);
  await shows(delivery.deliveryId, { status: 'failed' });
  // Topics are read in any relative order; a retry needs the event's body.
  await eventually(async () => {
    const { status } = await instances[0].call('GET', `/api/v1/webhook-events/${delivery.eventId}/`, token);
    expect(status).toBe(200);
  });
  return delivery;
}

/** The attempts that a person asked for, as they were written for the dispatchers. */
async function asked(delivery: Delivery): Promise<Delivery> {
  const [row] = await instances[0].query<{ round: number }>(
    'SELECT round FROM requested_rounds WHERE delivery_id = $1',
    [delivery.deliveryId],
  );
  return { ...delivery, round: row!.round, step: 1, trigger: 'manual', dueAt: iso(Date.now()) };
}

describe('a retry asked for by hand', () => {
  it('is granted once, however many ask at once, on whichever instance', async () => {
    const delivery = await failedDelivery();
    const answers = await retryAtOnce(delivery.deliveryId);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(7).fill(409)]);
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expect(detail(answer)).toContain('has not ended');
    }
    expect((await asked(delivery)).round).toBe(1);
  });

  it('is refused until the log shows the end of the attempt, and is granted again then', async () => {
    const delivery = await failedDelivery();
    expect((await retry(delivery.deliveryId)).status).toBe(202);
    // The audit may be behind the answer: whether it shows `failed` still, or `retrying`, changes nothing.
    expect((await retry(delivery.deliveryId)).status).toBe(409);
    const attempt = await asked(delivery);
    await shows(delivery.deliveryId, { status: 'retrying', attempt_count: 1 });
    expect((await retry(delivery.deliveryId)).status).toBe(409);

    await happens((log) =>
      log.result(attempt, { status: 'retrying', nextRetryAt: iso(Date.now() + 60_000) }),
    );
    await shows(delivery.deliveryId, { status: 'retrying', attempt_count: 2 });

    const answers = await retryAtOnce(delivery.deliveryId);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(7).fill(409)]);
    expect((await asked(delivery)).round).toBe(2);
  });

  it('ends as well when no attempt could be made', async () => {
    const delivery = await failedDelivery();
    expect((await retry(delivery.deliveryId)).status).toBe(202);
    const attempt = await asked(delivery);
    await happens((log) =>
      log.result(attempt, { status: 'failed', error: 'endpoint_inactive', attempt: null }),
    );
    await shows(delivery.deliveryId, { error: 'endpoint_inactive' });
    expect((await retry(delivery.deliveryId)).status).toBe(202);
  });

  it('is refused after success, which the answer names', async () => {
    const delivery = await failedDelivery();
    await retry(delivery.deliveryId);
    const attempt = await asked(delivery);
    await happens((log) => log.success(attempt));
    await shows(delivery.deliveryId, { status: 'success' });
    const refused = await retry(delivery.deliveryId);
    expect([refused.status, detail(refused)]).toEqual([409, expect.stringContaining('this one is success')]);
  });

  it('is refused where the endpoint is deleted, and says so', async () => {
    const doomed = await register();
    const delivery = await failedDelivery(doomed);
    const deleted = await instances[0].call('DELETE', `/api/v1/webhook-endpoints/${doomed}/`, token);
    expect(deleted.status).toBe(204);
    const refused = await retry(delivery.deliveryId, 1);
    expect([refused.status, detail(refused)]).toEqual([409, expect.stringContaining('endpoint')]);
    expect(detail(refused)).toContain('deleted');
  });

  it('is the same by an id in capital letters', async () => {
    const delivery = await failedDelivery();
    expect((await retry(delivery.deliveryId.toUpperCase())).status).toBe(202);
    expect((await retry(delivery.deliveryId)).status).toBe(409);
  });
});

describe('a retry with an idempotency key', () => {
  it('is answered with the first answer when it is sent again, and asks for nothing more', async () => {
    const delivery = await failedDelivery();
    const key = randomUUID();
    const answers = await retryAtOnce(delivery.deliveryId, key);
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(7);
    const attempt = await asked(delivery);
    expect(attempt.round).toBe(1);

    await happens((log) => log.success(attempt));
    await shows(delivery.deliveryId, { status: 'success' });
    const again = await retry(delivery.deliveryId, 1, key);
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([
      202,
      answers[0]!.body,
      'true',
    ]);
  });

  it('is answered after its process died, once what it asked for is in effect', async () => {
    const delivery = await failedDelivery();
    const key = randomUUID();
    await retry(delivery.deliveryId, 0, key);
    await instances[0].query('UPDATE idempotency_keys SET settled_at = NULL WHERE key = $1', [key]);
    expect((await retry(delivery.deliveryId, 1, key)).status).toBe(202);
    const [row] = await instances[0].query<{ settled_at: Date | null }>(
      'SELECT settled_at FROM idempotency_keys WHERE key = $1',
      [key],
    );
    expect(row!.settled_at).not.toBeNull();
  });

  it('is refused when the key came with another request before', async () => {
    const [one, other] = [await failedDelivery(), await failedDelivery()];
    const key = randomUUID();
    expect((await retry(one.deliveryId, 0, key)).status).toBe(202);
    const refused = await retry(other.deliveryId, 0, key);
    expect([refused.status, Object.keys(refused.body as object)]).toEqual([400, ['Idempotency-Key']]);
    expect((await retry(other.deliveryId)).status).toBe(202);
  });

  it('that is refused uses up no key', async () => {
    const delivery = await failedDelivery();
    await retry(delivery.deliveryId);
    const key = randomUUID();
    expect((await retry(delivery.deliveryId, 0, key)).status).toBe(409);
    const attempt = await asked(delivery);
    await happens((log) => log.result(attempt, { status: 'failed' }));
    await shows(delivery.deliveryId, { attempt_count: 2 });
    expect((await retry(delivery.deliveryId, 0, key)).status).toBe(202);
  });
});
