import 'reflect-metadata';

import { SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { DataSource } from 'typeorm';

import { operator } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { Organizations } from '../organizations/organizations.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

const PATH = '/api/v1/webhook-endpoints/';
const LIMIT = 6;
/** Two instances of the service on one database. */
let instances: [RunningRegistry, RunningRegistry];

beforeAll(async () => {
  const env = {
    DATABASE_URL: await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''),
    ENDPOINT_CHANGES_PER_HOUR: String(LIMIT),
    MAX_ENDPOINTS: '2',
  };
  instances = [await RunningRegistry.start(env), await RunningRegistry.start(env)];
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

interface Customer {
  readonly organization: string;
  readonly call: (method: string, path?: string, body?: object, instance?: number) => Promise<Answer>;
  /** Creates an endpoint and deletes it. @returns the status of the creation. */
  readonly loop: (instance?: number) => Promise<number>;
  /** The rows that its endpoints and the log of changes have. */
  readonly rows: () => Promise<{ endpoints: number; changes: number }>;
}

async function customer(): Promise<Customer> {
  const organization = await instances[0].organization();
  const { token } = await instances[0].token(organization, SCOPES);
  const call: Customer['call'] = (method, path = '', body, instance = 0) =>
    instances[instance]!.call(method, `${PATH}${path}`, token, body);
  return {
    organization,
    call,
    loop: async (instance = 0) => {
      const { status, body } = await call('POST', '', ENDPOINT, instance);
      if (status !== 201) return status;
      const { status: deleted } = await call(
        'DELETE',
        `${(body as { id: string }).id}/`,
        undefined,
        instance,
      );
      expect(deleted).toBe(204);
      return status;
    },
    rows: async () => {
      const [row] = await instances[0].query<{ endpoints: number; changes: number }>(
        `SELECT (SELECT count(*)::integer FROM endpoints WHERE organization_id = $1) AS endpoints,
                (SELECT count(*)::integer FROM changes WHERE organization_id = $1 AND actor_type = 'token') AS changes`,
        [organization],
      );
      return row!;
    },
  };
}

/** An hour passes for an organisation. Entries of the log stay as they are, even for a superuser, unless triggers rest. */
function hourPasses(organization: string): Promise<void> {
  return instances[0].of(DataSource).transaction(async (manager) => {
    await manager.query("SET LOCAL session_replication_role = 'replica'");
    await manager.query(
      "UPDATE changes SET created_at = created_at - interval '1 hour' WHERE organization_id = $1",
      [organization],
    );
  });
}

describe('an organisation that creates and deletes endpoints in a loop', () => {
  it('is stopped by a limit, on whichever instance, leaves few rows, and another organisation is served', async () => {
    const [greedy, neighbour] = [await customer(), await customer()];
    const statuses: number[] = [];
    for (let time = 0; time < 2 * LIMIT; time += 1) statuses.push(await greedy.loop(time % 2));
    expect(statuses).toEqual([...Array<number>(LIMIT).fill(201), ...Array<number>(LIMIT).fill(429)]);
    expect(await greedy.rows()).toEqual({ endpoints: LIMIT, changes: 2 * LIMIT });
    expect(await neighbour.loop()).toBe(201);

    const { status, headers, body } = await greedy.call('POST', '', ENDPOINT);
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_000);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(3_600);
    expect(body).toEqual({
      detail: expect.stringMatching(/^An organisation can create or change its endpoints 6 times an hour\./),
    });

    await hourPasses(greedy.organization);
    expect(await greedy.loop()).toBe(201);
  });

  it('is stopped exactly, however many it asks for at once', async () => {
    const { call, rows } = await customer();
    const { body } = await call('POST', '', ENDPOINT);
    const { id } = body as { id: string };
    const answers = await Promise.all(
      Array.from({ length: 3 * LIMIT }, (_, index) =>
        call('PATCH', `${id}/`, { description: String(index) }, index % 2),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT - 1);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2 * LIMIT + 1);
    expect(await rows()).toEqual({ endpoints: 1, changes: LIMIT });

    expect((await call('PUT', `${id}/`, ENDPOINT)).status).toBe(429);
    expect((await call('POST', `${id}/regenerate_secret/`)).status).toBe(429);
    expect((await call('GET', `${id}/`)).status).toBe(200);
    expect((await call('DELETE', `${id}/`)).status).toBe(204);
  });
});

describe('the limit of changes', () => {
  it('grows with the number of endpoints that an operator lets an organisation have', async () => {
    const { organization, call } = await customer();
    const organizations = new Organizations(instances[0].of(DataSource), instances[0].of(ChangeLog));
    await organizations.limitEndpoints(operator('a test'), organization, LIMIT);
    const { body } = await call('POST', '', ENDPOINT);
    const statuses: number[] = [];
    for (let time = 0; time < 2 * LIMIT; time += 1) {
      const { status } = await call('PATCH', `${(body as { id: string }).id}/`, { description: `${time}` });
      statuses.push(status);
    }
    expect(statuses).toEqual([...Array<number>(2 * LIMIT - 1).fill(200), 429]);
  });

  it('does not count what operators did', async () => {
    const { organization, loop } = await customer();
    const organizations = new Organizations(instances[0].of(DataSource), instances[0].of(ChangeLog));
    for (let most = 1; most <= 2 * LIMIT; most += 1) {
      await organizations.limitEndpoints(operator('a test'), organization, (most % 2) + 1);
    }
    expect(await loop()).toBe(201);
  });
});
