import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { DataSource } from 'typeorm';

import { operator } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { Organizations } from '../organizations/organizations.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

const PATH = '/api/v1/webhook-endpoints/';
const LIMIT = 5;
const OPERATOR = operator('a test');

/** Two instances of the service on one database. */
let instances: [RunningRegistry, RunningRegistry];

beforeAll(async () => {
  const env = {
    DATABASE_URL: await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''),
    MAX_ENDPOINTS: String(LIMIT),
  };
  instances = [await RunningRegistry.start(env), await RunningRegistry.start(env)];
});

afterAll(async () => {
  for (const instance of instances) await instance.stop();
});

interface Customer {
  readonly organization: string;
  readonly create: (instance?: number, key?: string) => Promise<Answer>;
  readonly call: (method: string, path: string, body?: object) => Promise<Answer>;
  /** How many endpoints its list shows. */
  readonly count: () => Promise<number>;
}

async function customer(): Promise<Customer> {
  const organization = await instances[0].organization();
  const { token } = await instances[0].token(organization, SCOPES);
  const call = (method: string, path: string, body?: object) => instances[0].call(method, path, token, body);
  return {
    organization,
    call,
    create: (instance = 0, key) =>
      instances[instance]!.call(
        'POST',
        PATH,
        token,
        ENDPOINT,
        key === undefined ? {} : { 'idempotency-key': key },
      ),
    count: async () => {
      const { body } = await call('GET', `${PATH}?page_size=200`);
      return (body as { results: unknown[] }).results.length;
    },
  };
}

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort();
const idOf = ({ body }: Answer): string => (body as { id: string }).id;

describe('an organisation', () => {
  it('gets as many endpoints as it can have, however many it asks for at once, on whichever instance', async () => {
    const greedy = await customer();
    const neighbour = await customer();
    const [answers, other] = await Promise.all([
      Promise.all(Array.from({ length: 4 * LIMIT }, (_, index) => greedy.create(index % 2))),
      neighbour.create(1),
    ]);

    expect(statuses(answers)).toEqual([
      ...Array<number>(LIMIT).fill(201),
      ...Array<number>(3 * LIMIT).fill(409),
    ]);
    expect(answers.find(({ status }) => status === 409)?.body).toEqual({
      detail:
        'This organisation can have 5 endpoints and has 5. Delete one that is not needed, or ask for a higher limit.',
    });
    expect(await greedy.count()).toBe(LIMIT);
    expect(other.status).toBe(201);
    expect((await neighbour.create()).status).toBe(201);
  });

  it('can have another in the place of one that is deleted', async () => {
    const { create, call } = await customer();
    const made = await Promise.all(Array.from({ length: LIMIT }, () => create()));
    expect((await create()).status).toBe(409);
    expect((await call('DELETE', `${PATH}${idOf(made[0]!)}/`)).status).toBe(204);
    expect(statuses([await create(), await create()])).toEqual([201, 409]);
  });

  it('cannot have more by changing what it has: those switched off count, and a deleted one does not come back', async () => {
    const { create, call, count } = await customer();
    const ids = (await Promise.all(Array.from({ length: LIMIT }, () => create()))).map(idOf);
    const switchAll = (is_active: boolean): Promise<Answer[]> =>
      Promise.all(ids.map((id) => call('PATCH', `${PATH}${id}/`, { is_active })));
    expect(statuses(await switchAll(false))).toEqual(Array(LIMIT).fill(200));
    const [made, changed] = await Promise.all([
      Promise.all(Array.from({ length: LIMIT }, (_, index) => create(index % 2))),
      switchAll(true),
    ]);
    expect(statuses(made)).toEqual(Array(LIMIT).fill(409));
    expect(statuses(changed)).toEqual(Array(LIMIT).fill(200));

    expect((await call('DELETE', `${PATH}${ids[0]}/`)).status).toBe(204);
    const [another, ...switched] = await Promise.all([
      create(1),
      ...ids.map((id) => call('PATCH', `${PATH}${id}/`, { is_active: true })),
    ]);
    expect(another.status).toBe(201);
    expect(statuses(switched)).toEqual([...Array(LIMIT - 1).fill(200), 404]);
    expect(await count()).toBe(LIMIT);
  });

  it('can have more where an operator has decided so, and keeps what it has where it is fewer', async () => {
    const { organization, create, count } = await customer();
    const organizations = new Organizations(instances[0].of(DataSource), instances[0].of(ChangeLog));
    await organizations.limitEndpoints(OPERATOR, organization, LIMIT + 2);
    const answers = await Promise.all(Array.from({ length: LIMIT + 3 }, () => create()));
    expect(statuses(answers)).toEqual([...Array<number>(LIMIT + 2).fill(201), 409]);

    await organizations.limitEndpoints(OPERATOR, organization, 1);
    expect((await create()).status).toBe(409);
    expect(await count()).toBe(LIMIT + 2);
    await organizations.limitEndpoints(OPERATOR, organization, null);
    expect((await create()).body).toMatchObject({ detail: expect.stringContaining('can have 5 endpoints') });
  });

  it('hears of its last endpoint again by the key that it was created with', async () => {
    const { organization, create, count } = await customer();
    await new Organizations(instances[0].of(DataSource), instances[0].of(ChangeLog)).limitEndpoints(
      OPERATOR,
      organization,
      1,
    );
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => create(index % 2, key)));
    const made = answers.find(({ status }) => status === 201);
    for (const { status, body } of answers) {
      if (status === 409) expect(body).toMatchObject({ detail: expect.stringContaining('under way') });
      else expect([status, body]).toEqual([201, made?.body]);
    }
    expect((await create(1, key)).body).toEqual(made?.body);
    expect(await count()).toBe(1);
  });
});
