import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { type Delivery, SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually } from '@skillora/testing';

import { BEGINNING, LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

/** Two instances of the service on one database. */
let instances: [RunningRegistry, RunningRegistry];

beforeAll(async () => {
  const DATABASE_URL = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  instances = [await RunningRegistry.start({ DATABASE_URL }), await RunningRegistry.start({ DATABASE_URL })];
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

/** An organisation whose deliveries have failed. */
class Customer {
  private constructor(
    private readonly organization: string,
    private readonly token: string,
    readonly deliveries: readonly Delivery[],
  ) {}

  static async withFailed(count: number): Promise<Customer> {
    const organization = await instances[0].organization();
    const { token } = await instances[0].token(organization, SCOPES);
    const { body } = await instances[0].call('POST', '/api/v1/webhook-endpoints/', token, ENDPOINT);
    const log = new LogBuilder(BEGINNING);
    const deliveries = Array.from({ length: count }, () =>
      log.delivery(log.event(randomUUID(), organization), (body as { id: string }).id),
    );
    for (const delivery of deliveries) log.result(delivery, { status: 'failed' });
    await instances[0].happened(log);
    const customer = new Customer(organization, token, deliveries);
    await eventually(async () => {
      expect(await customer.count('webhook-deliveries/?status=failed')).toBe(count);
      expect(await customer.count('webhook-events/')).toBe(count);
    });
    return customer;
  }

  private async count(path: string): Promise<number> {
    const { body } = await instances[0].call('GET', `/api/v1/${path}`, this.token);
    return (body as { results: unknown[] }).results.length;
  }

  retry(index: number, instance = 0, key?: string): Promise<Answer> {
    return instances[instance]!.call(
      'POST',
      `/api/v1/webhook-deliveries/${this.deliveries[index]!.deliveryId}/retry/`,
      this.token,
      undefined,
      key === undefined ? {} : { 'idempotency-key': key },
    );
  }

  /** As if it had asked for so many retries so long ago. */
  async askedBefore(count: number, secondsAgo: number): Promise<void> {
    await instances[0].query(
      `INSERT INTO recent_uses (organization_id, kind, subject, used_at)
       VALUES ($1, 'retry', $1, array_fill(clock_timestamp() - make_interval(secs => $3), ARRAY[$2::integer]))
       ON CONFLICT (organization_id, kind, subject) DO UPDATE SET used_at = excluded.used_at`,
      [this.organization, count, secondsAgo],
    );
  }
}

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort();

describe('retries by hand', () => {
  it('are 60 a minute of an organisation, over all instances, while another gets its own', async () => {
    const [customer, neighbour] = [await Customer.withFailed(6), await Customer.withFailed(1)];
    await customer.askedBefore(57, 0);
    const [answers, other] = await Promise.all([
      Promise.all(customer.deliveries.map((_, index) => customer.retry(index, index % 2))),
      neighbour.retry(0),
    ]);
    expect(statuses(answers)).toEqual([202, 202, 202, 429, 429, 429]);
    expect(other.status).toBe(202);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.body).toMatchObject({
      detail: expect.stringContaining(
        'An organisation can ask for 60 retries and resends by hand a minute. Expected available in',
      ),
    });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);

    await customer.askedBefore(60, 60);
    const index = answers.findIndex(({ status }) => status === 429);
    expect((await customer.retry(index)).status).toBe(202);
  });

  it('that are refused for another reason count for nothing', async () => {
    const customer = await Customer.withFailed(2);
    await customer.askedBefore(58, 0);
    expect((await customer.retry(0)).status).toBe(202);
    for (let turn = 0; turn < 3; turn += 1) expect((await customer.retry(0)).status).toBe(409);
    expect((await customer.retry(1)).status).toBe(202);
  });

  it('that came before with the same key are answered as they were, also above the limit', async () => {
    const customer = await Customer.withFailed(2);
    const key = randomUUID();
    await customer.askedBefore(59, 0);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => customer.retry(0, index % 2, key)),
    );
    expect(statuses(answers)).toEqual(Array<number>(6).fill(202));
    expect((await customer.retry(1)).status).toBe(429);
  });

  it('are 50 of one delivery, while another of the same endpoint gets its own', async () => {
    const customer = await Customer.withFailed(2);
    const log = new LogBuilder(Date.now());
    const attempted = (round: number) =>
      log.result({ ...customer.deliveries[0]!, round, trigger: 'manual' }, { status: 'failed' });
    attempted(50);
    await instances[0].happened(log);
    await instances[0].applied();
    const refused = await customer.retry(0);
    expect([refused.status, refused.body]).toEqual([
      409,
      { detail: 'This delivery had 50 retries by hand. It can have no more.' },
    ]);
    expect((await customer.retry(1)).status).toBe(202);
  });
});
