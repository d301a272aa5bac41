import 'reflect-metadata';

import { SCOPES } from '@skillora/contracts';
import { eventually } from '@skillora/testing';
import { DataSource } from 'typeorm';

import { type Answer, RunningRegistry } from '../testing/running-registry.js';
import { Reconciliation } from './reconciliation.js';

const PATH = '/api/v1/audit/reconciliation/';

let registry: RunningRegistry;
let organization: string;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  // Those that wait for the lock are to last until the others were answered, however long that takes.
  registry.of(Reconciliation).timeoutMs = 600_000;
});

afterAll(() => registry.stop());

beforeEach(async () => {
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

describe('reconciliations that take long', () => {
  /** Makes every one wait until the lock is let go. */
  async function locked<T>(work: () => Promise<T>): Promise<T> {
    return registry.of(DataSource).transaction(async (manager) => {
      await manager.query('LOCK TABLE fan_outs IN ACCESS EXCLUSIVE MODE');
      return work();
    });
  }

  const ask = (whose: string, left?: AbortSignal): Promise<Answer> =>
    registry.call('GET', PATH, whose, undefined, {}, left);

  async function reconciling(): Promise<number> {
    const [row] = await registry.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM fan_outs%'`,
      [],
    );
    return row!.count;
  }

  async function otherToken(): Promise<string> {
    return (await registry.token(await registry.organization(), SCOPES)).token;
  }

  it('are had by an organisation once, while others wait for theirs, ten at most, and everything else is served', async () => {
    const others = await Promise.all(Array.from({ length: 10 }, otherToken));
    const oneTooMany = await otherToken();
    const { token: sameOrganization } = await registry.token(organization, SCOPES);

    const answers = await locked(async () => {
      const first = ask(token);
      await eventually(async () => expect(await reconciling()).toBe(1));
      for (const { status, headers, body } of await Promise.all(
        [token, sameOrganization].map((whose) => ask(whose)),
      )) {
        expect([status, headers.get('retry-after'), body]).toEqual([
          429,
          '5',
          { detail: expect.stringMatching(/^A reconciliation of this organisation is under way\./) },
        ]);
      }
      // Of two requests of an organisation one is refused at once, so the other one waits from then on.
      const pairs = others.map((whose) => [ask(whose), ask(whose)]);
      const refused = await Promise.all(pairs.map((pair) => Promise.race(pair)));
      expect(refused.map(({ status }) => status)).toEqual(others.map(() => 429));
      const { status, headers } = await ask(oneTooMany);
      expect([status, headers.get('retry-after')]).toEqual([503, '30']);
      expect((await registry.call('GET', '/api/v1/webhook-deliveries/', oneTooMany)).status).toBe(200);
      return { first, pairs };
    });

    expect((await answers.first).status).toBe(200);
    for (const pair of answers.pairs) {
      const statuses = (await Promise.all(pair)).map(({ status }) => status);
      expect(statuses.sort((a, b) => a - b)).toEqual([200, 429]);
    }
    expect((await ask(token)).status).toBe(200);
  });

  it('end in the database when their client leaves, and the next has its turn', async () => {
    const neighbour = await otherToken();
    const next = await locked(async () => {
      const [leaver, waiter] = [new AbortController(), new AbortController()];
      const left = ask(token, leaver.signal).catch(() => 'left');
      await eventually(async () => expect(await reconciling()).toBe(1));
      const leftWaiting = ask(await otherToken(), waiter.signal).catch(() => 'left');
      waiter.abort();
      leaver.abort();
      expect(await Promise.all([left, leftWaiting])).toEqual(['left', 'left']);
      await eventually(async () => expect(await reconciling()).toBe(0));
      return { answer: ask(neighbour) };
    });
    expect((await next.answer).status).toBe(200);
    expect((await ask(token)).status).toBe(200);
  });
});
