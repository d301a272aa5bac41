import 'reflect-metadata';

import { SCOPES } from '@skillora/contracts';
import { eventually } from '@skillora/testing';

import { TablePartitions } from './projection/table-partitions.js';
import { type Answer, RunningRegistry } from './testing/running-registry.js';

const MIB = 1_048_576;
const EVENTS = '/api/v1/webhook-events/';
const DELIVERIES = '/api/v1/webhook-deliveries/';

let registry: RunningRegistry;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  // Rows are some minutes old, which may be in the former partition.
  await registry.of(TablePartitions).cover([Date.now() - 3_600_000, Date.now() + 3_600_000]);
});

afterAll(() => registry.stop());

interface Customer {
  readonly organization: string;
  readonly get: (path: string) => Promise<Answer>;
}

async function customer(): Promise<Customer> {
  const organization = await registry.organization();
  const { token } = await registry.token(organization, SCOPES);
  return { organization, get: (path) => registry.call('GET', path, token) };
}

/** Events whose payloads have so many bytes, a second apart, as the projection would write them. */
async function seedEvents(organization: string, count: number, payloadBytes: number): Promise<void> {
  await registry.query(
    `INSERT INTO events (organization_id, id, event_type, payload, source, source_id, occurred_at, created_at)
     SELECT $1, gen_random_uuid(), 'interview_completed', '{"a":"' || repeat('é', ($3 - 8) / 2) || '"}', '/', n, at, at
       FROM (SELECT n, now() - n * interval '1 second' AS at FROM generate_series(1, $2::integer) AS n) AS numbers`,
    [organization, count, payloadBytes],
  );
}

/**
 * Deliveries, each with so many attempts that were answered with so many characters which take six bytes in
 * JSON.
 */
async function seedDeliveries(
  organization: string,
  {
    count,
    attempts,
    characters,
    headers = 0,
  }: { count: number; attempts: number; characters: number; headers?: number },
): Promise<void> {
  await registry.query(
    `WITH made AS (
       INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, event_type, status, round, step, step_ended,
                               attempt_count, created_at, updated_at)
       SELECT gen_random_uuid(), $1, gen_random_uuid(), $1, 'interview_completed', 'failed', 0, 1, true, $3, at, at
         FROM (SELECT now() - n * interval '1 second' AS at FROM generate_series(1, $2::integer) AS n) AS numbers
       RETURNING id, created_at)
     INSERT INTO attempts (delivery_id, delivery_created_at, round, step, trigger, started_at, duration_ms,
                           response_status, response_body, error, response_headers, signed_with)
     SELECT id, created_at, n, 1, 'manual', created_at, 5, 500, repeat(chr(1), $4::integer), 'http_status',
            (SELECT coalesce(string_agg('h' || i || ':', chr(10)), '') FROM generate_series(1, $5::integer) AS i),
            '00000000 11111111 22222222 33333333 44444444 55555555'
       FROM made CROSS JOIN generate_series(1, $3::integer) AS n`,
    [organization, count, attempts, characters, headers],
  );
}

interface Page {
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: { readonly id: string; readonly attempts: { readonly number: number }[] }[];
}

/** All pages in a direction, from one on. No page is larger than 4 MiB, and none is empty. */
async function follow({ get }: Customer, path: string, direction: 'next' | 'previous'): Promise<Page[]> {
  const pages: Page[] = [];
  for (let at: string | null = path; at !== null; at = pages.at(-1)![direction]) {
    const { status, headers, body } = await get(at);
    expect(status).toBe(200);
    expect(Number(headers.get('content-length'))).toBeLessThanOrEqual(4 * MIB);
    pages.push(body as Page);
    expect(pages.at(-1)!.results.length).toBeGreaterThan(0);
  }
  return pages;
}

const idsOf = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ results }) => results.map(({ id }) => id));

/** Every row once and in order, there and back, in more pages than rows alone would make. */
async function expectWhole(who: Customer, path: string, count: number): Promise<Page[]> {
  const forward = await follow(who, `${path}?page_size=200`, 'next');
  expect(forward.length).toBeGreaterThan(1);
  expect(new Set(idsOf(forward)).size).toBe(count);
  const last = forward.at(-1)!;
  const backward = (await follow(who, last.previous!, 'previous')).reverse();
  expect([...idsOf(backward), ...idsOf([last])]).toEqual(idsOf(forward));
  return forward;
}

describe('a page', () => {
  it('of large events ends at 4 MiB, and its links lead to all of them in either direction', async () => {
    const large = await customer();
    await seedEvents(large.organization, 40, 256 * 1_024);
    const pages = await expectWhole(large, EVENTS, 40);
    // As many as fit, and not one less.
    expect(pages.slice(0, 2).map(({ results }) => results.length)).toEqual([15, 15]);
  });

  it('of deliveries that were answered at length ends at 4 MiB, and leads to all of them', async () => {
    const large = await customer();
    await seedDeliveries(large.organization, { count: 12, attempts: 60, characters: 4_096 });
    const pages = await expectWhole(large, DELIVERIES, 12);
    expect(pages[0]!.results.length).toBe(3);
  });

  it('of deliveries whose answers had many short headers ends at 4 MiB as well', async () => {
    const large = await customer();
    await seedDeliveries(large.organization, { count: 201, attempts: 50, characters: 0, headers: 32 });
    const [first] = await expectWhole(large, DELIVERIES, 201);
    expect(first!.results.length).toBeGreaterThan(50);
  });

  it('has as many rows as were asked for where they are small, however many attempts they had', async () => {
    const small = await customer();
    await seedDeliveries(small.organization, { count: 201, attempts: 12, characters: 2 });
    await seedEvents(small.organization, 201, 400);
    for (const path of [DELIVERIES, EVENTS]) {
      const { body } = await small.get(`${path}?page_size=200`);
      expect([(body as Page).results.length, (body as Page).next !== null]).toEqual([200, true]);
    }
  });

  it('is answered to others while many ask for the largest pages there are', async () => {
    const [large, neighbour] = [await customer(), await customer()];
    await seedEvents(large.organization, 40, 256 * 1_024);
    await seedEvents(neighbour.organization, 1, 400);
    const attack = Promise.all(Array.from({ length: 40 }, () => large.get(`${EVENTS}?page_size=200`)));
    // On a slow machine a request may wait for its turn for longer than it may.
    const served = async (): Promise<void> => {
      const { status, body } = await neighbour.get(EVENTS);
      expect(status).toBe(200);
      expect((body as Page).results).toHaveLength(1);
    };
    await Promise.all(Array.from({ length: 10 }, () => eventually(served)));
    // On a slow machine some of so large pages take longer than a query may.
    expect((await attack).filter(({ status }) => ![200, 503].includes(status))).toEqual([]);
  });
});

describe('a delivery with many attempts', () => {
  it('shows the newest 50, by their numbers, and how many there were', async () => {
    const { organization, get } = await customer();
    await seedDeliveries(organization, { count: 1, attempts: 60, characters: 1 });
    const [listed] = ((await get(DELIVERIES)).body as Page).results;
    const { body } = await get(`${DELIVERIES}${listed!.id}/`);
    expect(body).toEqual(listed);
    expect(body).toMatchObject({ attempt_count: 60 });
    expect(listed!.attempts.map(({ number }) => number)).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 11),
    );
  });
});
