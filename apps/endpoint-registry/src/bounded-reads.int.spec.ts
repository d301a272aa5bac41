import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { eventually } from '@skillora/testing';
import { DataSource } from 'typeorm';

import { STATISTICS_AT_ONCE } from './statistics/statistics-turns.js';
import { type Answer, RunningRegistry } from './testing/running-registry.js';

/** The limit of these tests: more than other queries usually need on a slow machine. */
const TIMEOUT = '3s';
const STATISTICS = '/api/v1/webhook-stats/?group_by=endpoint';

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start({ API_QUERY_TIMEOUT: TIMEOUT });
});

afterAll(() => registry.stop());

interface Customer {
  readonly ask: (path: string) => Promise<Answer>;
}

async function customer(of = registry): Promise<Customer> {
  const { token } = await of.token(await of.organization(), SCOPES);
  return { ask: (path) => of.call('GET', path, token) };
}

/** Resolves when the customer is served. A machine that stands still for seconds may cut any query off. */
function served(by: Customer, path: string): Promise<void> {
  return eventually(async () => expect((await by.ask(path)).status).toBe(200));
}

/** Every query that reads the table waits, as one that takes long would, until the work has ended. */
function slowly<T>(table: string, work: () => Promise<T>, of = registry): Promise<T> {
  return of.of(DataSource).transaction(async (manager) => {
    await manager.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    return work();
  });
}

describe('a read whose query takes too long', () => {
  it.each([
    ['attempt_buckets', STATISTICS],
    ['events', '/api/v1/webhook-events/'],
    ['events', `/api/v1/webhook-events/${randomUUID()}/`],
    ['deliveries', '/api/v1/webhook-deliveries/'],
    ['deliveries', `/api/v1/webhook-deliveries/${randomUUID()}/`],
    ['changes', '/api/v1/audit/changes/'],
    ['endpoints', '/api/v1/webhook-endpoints/'],
    ['endpoints', `/api/v1/webhook-endpoints/${randomUUID()}/`],
  ])(
    'of %s is answered with 503 and what to do (%s), and others are served meanwhile',
    async (table, path) => {
      const [slow, neighbour] = [await customer(), await customer()];
      const other = table === 'endpoints' ? STATISTICS : '/api/v1/webhook-endpoints/';
      const { status, headers, body } = await slowly(table, async () => {
        const answer = slow.ask(path);
        await served(neighbour, other);
        return answer;
      });
      expect([status, headers.get('retry-after'), body]).toEqual([
        503,
        '5',
        {
          detail:
            'The answer took too long to compute. Ask for less: a smaller page or a shorter range of time.',
        },
      ]);
      await served(slow, other);
    },
  );

  it('leaves the connections of changes and of the projection alone, however many there are', async () => {
    const [greedy, neighbour] = [await customer(), await customer()];
    await slowly('deliveries', async () => {
      const asked = Array.from({ length: 40 }, () => greedy.ask('/api/v1/webhook-deliveries/'));
      const [row] = await registry.of(DataSource).query<{ one: number }[]>('SELECT 1 AS one');
      expect(row?.one).toBe(1);
      for (const { status, headers } of await Promise.all(asked)) {
        expect([status, headers.get('retry-after')]).toEqual([503, '5']);
      }
    });
    await served(neighbour, '/api/v1/webhook-deliveries/');
  });
});

describe('an organisation that asks for statistics', () => {
  // So that those under way last until the others were refused, however long that takes.
  let patient: RunningRegistry;

  beforeAll(async () => {
    patient = await RunningRegistry.start();
  });

  afterAll(() => patient.stop());

  it('has a few requests under way; more are 429, and another organisation is served', async () => {
    const [greedy, neighbour] = [await customer(patient), await customer(patient)];
    const answers = await slowly(
      'attempt_buckets',
      async () => {
        const asked = Array.from({ length: 3 * STATISTICS_AT_ONCE }, () => greedy.ask(STATISTICS));
        let refused = 0;
        for (const each of asked) void each.then(({ status }) => (refused += status === 429 ? 1 : 0));
        await eventually(() => {
          expect(refused).toBe(2 * STATISTICS_AT_ONCE);
          return Promise.resolve();
        });
        expect((await neighbour.ask('/api/v1/webhook-deliveries/')).status).toBe(200);
        return asked;
      },
      patient,
    );
    const refused = (await Promise.all(answers)).filter(({ status }) => status === 429);
    expect(refused).toHaveLength(2 * STATISTICS_AT_ONCE);
    expect([refused[0]?.headers.get('retry-after'), refused[0]?.body]).toEqual([
      '1',
      {
        detail: `At most ${STATISTICS_AT_ONCE} requests for statistics of an organisation are under way at once. Expected available in 1 second.`,
      },
    ]);
    expect((await greedy.ask(STATISTICS)).status).toBe(200);
    expect((await neighbour.ask(STATISTICS)).status).toBe(200);
  });
});
