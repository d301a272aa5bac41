import 'reflect-metadata';

import { jest } from '@jest/globals';
import { type CanonicalEvent, type Delivery, deliveryId, SCOPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually } from '@skillora/testing';

import { iso, LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

const PATH = '/api/v1/webhook-endpoints/';

/**
 * Two instances of the service on one database; no dispatcher, so a test send hangs until the spec answers
 * it.
 */
let instances: [RunningRegistry, RunningRegistry];

beforeAll(async () => {
  const env = {
    DATABASE_URL: await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''),
    // Longer than any machine needs for this.
    DELIVERY_TIMEOUT: '10m',
  };
  instances = [await RunningRegistry.start(env), await RunningRegistry.start(env)];
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

/** An organisation with some endpoints, and what its test sends are like. */
class Customer {
  private readonly answered = new Set<string>();

  private constructor(
    private readonly organization: string,
    private readonly token: string,
    readonly endpoints: readonly string[],
  ) {}

  static async with(count: number): Promise<Customer> {
    const organization = await instances[0].organization();
    const { token } = await instances[0].token(organization, SCOPES);
    const endpoints: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const { body } = await instances[0].call('POST', PATH, token, ENDPOINT);
      endpoints.push((body as { id: string }).id);
    }
    return new Customer(organization, token, endpoints);
  }

  test(endpoint: number, instance = 0): Promise<Answer> {
    return instances[instance]!.call('POST', `${PATH}${this.endpoints[endpoint]}/test/`, this.token);
  }

  /**
   * Resolves when so many test sends hang: their events are in the log, and nothing is known of their end.
   */
  async hanging(count: number): Promise<CanonicalEvent[]> {
    let events: CanonicalEvent[] = [];
    await eventually(async () => {
      events = await instances[0].query<CanonicalEvent>(
        `SELECT id, source, source_id AS "sourceId", created_at AS "acceptedAt" FROM events
          WHERE organization_id = $1 AND event_type = $2 AND id <> ALL ($3::uuid[])`,
        [this.organization, TEST_EVENT_TYPE, [...this.answered]],
      );
      expect(events.length).toBe(count);
    });
    return events;
  }

  /** Says what a dispatcher would: the receiver answered 200 to all that hang. */
  async succeed(count: number): Promise<void> {
    const log = new LogBuilder(Date.now());
    for (const event of await this.hanging(count)) {
      const endpointId = event.source.split('/')[2]!;
      const at = iso(Date.now());
      const delivery: Delivery = {
        deliveryId: deliveryId(event.id, endpointId),
        eventId: event.id,
        endpointId,
        organizationId: this.organization,
        eventType: TEST_EVENT_TYPE,
        createdAt: at,
        round: 0,
        step: 1,
        trigger: 'automatic',
        dueAt: at,
        body: '{}',
      };
      log.deliver(delivery);
      log.success(delivery);
      this.answered.add(event.id);
    }
    await instances[0].happened(log);
  }

  /** As if so many tests had been sent to an endpoint so long ago. */
  async sentBefore(endpoint: number, count: number, secondsAgo: number): Promise<void> {
    await instances[0].query(
      `INSERT INTO recent_uses (organization_id, kind, subject, used_at)
       VALUES ($1, 'test', $2, array_fill(clock_timestamp() - make_interval(secs => $4), ARRAY[$3::integer]))
       ON CONFLICT (organization_id, kind, subject) DO UPDATE SET used_at = excluded.used_at`,
      [this.organization, this.endpoints[endpoint], count, secondsAgo],
    );
  }
}

/** A refusal for now: its sentence, and that it tells when to come back. */
function refusal({ status, headers, body }: Answer): string {
  expect(status).toBe(429);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  return (body as { detail: string }).detail;
}

describe('a test send', () => {
  it('is one at a time to an endpoint, on whichever instance, while another endpoint gets its own', async () => {
    const customer = await Customer.with(2);
    const first = customer.test(0);
    await customer.hanging(1);
    expect(refusal(await customer.test(0, 1))).toContain('A test webhook to this endpoint is under way.');
    expect(refusal(await customer.test(0))).toContain('A test webhook to this endpoint is under way.');

    const neighbour = customer.test(1, 1);
    await customer.succeed(2);
    expect([(await first).status, (await neighbour).status]).toEqual([200, 200]);
    const again = customer.test(0, 1);
    await customer.succeed(1);
    expect((await again).status).toBe(200);
  });

  it('is made ten times a minute to an endpoint, and then again when a minute is over', async () => {
    const customer = await Customer.with(2);
    await customer.sentBefore(0, 9, 0);
    const tenth = customer.test(0);
    await customer.succeed(1);
    expect((await tenth).status).toBe(200);
    await customer.sentBefore(0, 10, 0);
    const refused = await customer.test(0);
    expect(refusal(refused)).toContain('An endpoint gets at most 10 test webhooks a minute.');
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);

    await customer.sentBefore(0, 10, 60);
    const [neighbour, later] = [customer.test(1), customer.test(0)];
    await customer.succeed(2);
    expect([(await neighbour).status, (await later).status]).toEqual([200, 200]);
  });

  it('waits for its outcome beside at most four others of its organisation, while other organisations get theirs', async () => {
    const [customer, neighbour] = [await Customer.with(7), await Customer.with(1)];
    const attack = Promise.all(customer.endpoints.map((_, index) => customer.test(index, index % 2)));
    await customer.hanging(5);

    const other = neighbour.test(0);
    await neighbour.succeed(1);
    expect((await other).status).toBe(200);

    await customer.succeed(5);
    const answers = await attack;
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(5).fill(200), 429, 429]);
    for (const answer of answers.filter(({ status }) => status === 429)) {
      expect(refusal(answer)).toContain('At most 5 test webhooks of an organisation are under way at once.');
    }
    const next = customer.test(6);
    await customer.succeed(1);
    expect((await next).status).toBe(200);
  });

  it('costs no queries of its own while it waits: one a tick is for all that wait', async () => {
    const customers = [await Customer.with(5), await Customer.with(5)];
    const spy = jest.spyOn(instances[0].reading, 'query');
    /** For how many test sends each look was. */
    const looks = (): number[] =>
      spy.mock.calls
        .filter(([text]) => /FROM deliveries d\s+LEFT JOIN LATERAL/.test(text))
        .map(([, parameters]) => (parameters as [unknown[]])[0].length);
    try {
      const waiting = customers.flatMap((customer) =>
        customer.endpoints.map((_, index) => customer.test(index)),
      );
      for (const customer of customers) await customer.hanging(5);
      await eventually(() => expect(looks().at(-1)).toBe(10));
      const before = looks().length;
      await eventually(() => expect(looks().length).toBeGreaterThan(before + 5));
      expect(new Set(looks().slice(before))).toEqual(new Set([10]));
      for (const customer of customers) await customer.succeed(5);
      expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array<number>(10).fill(200));
    } finally {
      spy.mockRestore();
    }
  });
});
