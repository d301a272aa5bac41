import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { eventually } from '@skillora/testing';

import { LogBuilder } from './projection/testing/log-builder.js';
import {
  ENDPOINT,
  type Filters,
  MATRIX,
  type OnCreation,
  type OnList,
  type OnObject,
  type OnWhole,
  type Open,
} from './testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from './testing/running-registry.js';

type Guarded = OnObject | OnList | OnWhole | OnCreation;
const rows = Object.entries(MATRIX);
const guarded = rows.filter((row): row is [string, Guarded] => 'scope' in row[1]);
const onObjects = rows.filter((row): row is [string, OnObject] => 'object' in row[1]);
const onLists = rows.filter((row): row is [string, OnList] => 'list' in row[1]);
const onWholes = rows.filter((row): row is [string, OnWhole] => 'whole' in row[1]);
const onCreations = rows.filter((row): row is [string, OnCreation] => 'creates' in row[1]);

/**
 * An organisation with a history: endpoints, one of them deleted since, and events, one of them delivered to
 * two. Of each there are two at least, so that every list has a next page.
 */
interface Party {
  readonly organization: string;
  readonly token: string;
  /** The id of that token. */
  readonly actor: string;
  readonly endpoint: string;
  readonly deletedEndpoint: string;
  readonly event: string;
  readonly delivery: string;
  /** The ids of its endpoint and of the recovery itself, as they are in the path. */
  readonly recovery: string;
}

let registry: RunningRegistry;
let owner: Party;
/** Has a history of its own, so that its lists are not empty by themselves. */
let stranger: Party;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  owner = await settle();
  stranger = await settle();
});

afterAll(() => registry.stop());

async function settle(): Promise<Party> {
  const organization = await registry.organization();
  const { token, id: actor } = await registry.token(organization, SCOPES);
  const register = async (): Promise<string> => {
    const { status, body } = await registry.call('POST', '/api/v1/webhook-endpoints/', token, ENDPOINT);
    expect(status).toBe(201);
    return (body as { id: string }).id;
  };
  const [endpoint, deletedEndpoint] = [await register(), await register(), await register()];
  const log = new LogBuilder();
  const event = log.event(randomUUID(), organization);
  log.event(randomUUID(), organization);
  const deliveries = [endpoint, deletedEndpoint].map((each) => log.delivery(event, each));
  for (const each of deliveries) log.result(each, { status: 'failed' });
  await registry.happened(log);
  const delivery = deliveries[0]!.deliveryId;
  await eventually(async () => {
    const failed = await registry.call('GET', '/api/v1/webhook-deliveries/?status=failed', token);
    const events = await registry.call('GET', '/api/v1/webhook-events/', token);
    expect([resultsOf(failed).length, resultsOf(events).length]).toEqual([2, 2]);
  });
  const deleted = await registry.call('DELETE', `/api/v1/webhook-endpoints/${deletedEndpoint}/`, token);
  expect(deleted.status).toBe(204);
  const recovery = `${endpoint}/recoveries/${await recoveryOf(endpoint, token)}`;
  return { organization, token, actor, endpoint, deletedEndpoint, event: event.id, delivery, recovery };
}

/** A recovery that has ended, so that it changes no more. @returns its id. */
async function recoveryOf(endpoint: string, token: string): Promise<string> {
  const path = `/api/v1/webhook-endpoints/${endpoint}/recoveries/`;
  const body = { since: '2020-01-01', what: 'failed', dry_run: true };
  const { id } = (await registry.call('POST', path, token, body)).body as { id: string };
  await eventually(async () => {
    const { body: found } = await registry.call('GET', `${path}${id}/`, token);
    expect(found).toMatchObject({ status: 'done', expected: 1 });
  });
  return id;
}

interface Page {
  readonly next: string | null;
  readonly results: { readonly id: string }[];
}

const resultsOf = ({ body }: Answer): Page['results'] => (body as Page).results;

/** Calls a route by its name in the matrix. */
function call(
  route: string,
  token: string | null,
  {
    id = randomUUID(),
    query = {},
    body,
  }: { id?: string; query?: Record<string, string>; body?: object } = {},
): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  return registry.call(
    method,
    `${pathOf(path, id)}/?${new URLSearchParams(query).toString()}`,
    token,
    body ?? (['PUT', 'PATCH'].includes(method) ? {} : undefined),
  );
}

/** The path to an object. A recovery is named together with its endpoint, or by chance like others. */
function pathOf(path: string, id: string): string {
  const recovery = id.includes('/') ? id : `${id}/recoveries/${randomUUID()}`;
  return path.replace(':id/recoveries/:recovery_id', recovery).replace(':id', id);
}

/** Status, headers that say something, and body. */
const seen = ({ status, headers, body }: Answer) => [status, headers.get('www-authenticate'), body];

/** Everything the owner can read of what is its own. */
async function ownersView(): Promise<unknown> {
  const reads = guarded.filter(([route]) => route.startsWith('GET'));
  const answers = await Promise.all(
    reads.map(async ([route, row]) => {
      const { status, body } = await call(
        route,
        owner.token,
        'object' in row ? { id: owner[row.object] } : 'whole' in row ? { query: row.query ?? {} } : {},
      );
      expect(status).toBe(200);
      return [route, body];
    }),
  );
  return answers;
}

it('every route of the running application has its row in the matrix', () => {
  expect(registry.routes.map((route) => route.replace(/\/$/, ''))).toEqual(Object.keys(MATRIX).sort());
});

describe.each(rows.filter((row): row is [string, Open] => 'open' in row[1]))('%s', (route) => {
  it('answers without a token and names no organisation', async () => {
    const answer = await call(route, null);
    expect(answer.status).not.toBe(401);
    for (const id of Object.values(owner)) expect(JSON.stringify(answer.body)).not.toContain(id);
  });
});

describe.each(guarded)('%s', (route, { scope }) => {
  it('asks for a token that counts', async () => {
    expect((await call(route, null)).status).toBe(401);
    expect((await call(route, 'unknown')).status).toBe(401);
    const expired = await registry.token(owner.organization, SCOPES, new Date(Date.now() - 1));
    expect((await call(route, expired.token)).status).toBe(401);
    const revoked = await registry.token(owner.organization, SCOPES);
    await registry.revoke(revoked.id);
    expect((await call(route, revoked.token)).status).toBe(401);
  });

  it('asks for its scope, and for no other', async () => {
    const others = await registry.token(
      owner.organization,
      SCOPES.filter((each) => each !== scope),
    );
    const refused = await call(route, others.token);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      403,
      `Bearer error="insufficient_scope", scope="${scope}"`,
    ]);
    const enough = await registry.token(owner.organization, [scope]);
    expect([401, 403]).not.toContain((await call(route, enough.token)).status);
  });
});

describe.each(onObjects)('%s', (route, row) => {
  const body = row.body === undefined ? {} : { body: row.body };

  it('is to another organisation as if the object were not there, and does nothing to it', async () => {
    const before = await ownersView();
    const missing = seen(await call(route, stranger.token, body));
    expect(missing[0]).toBe(404);
    const ids = [owner[row.object], ...(row.object === 'endpoint' ? [owner.deletedEndpoint] : [])];
    for (const id of ids) expect(seen(await call(route, stranger.token, { ...body, id }))).toEqual(missing);
    if (route.startsWith('GET ')) {
      const head = await call(route.replace('GET', 'HEAD'), stranger.token, { id: owner[row.object] });
      expect(head.status).toBe(404);
    }
    expect(await ownersView()).toEqual(before);
  });
});

describe.each(onObjects.filter(([route]) => route.startsWith('GET ')))('%s', (route, { object }) => {
  it('shows the object to its owner', async () => {
    expect((await call(route, owner.token, { id: owner[object] })).status).toBe(200);
  });
});

const filtered: [string, string, Filters[string], 'event' | null][] = [
  ...onLists.map(([route, row]) => ({ route, filters: row.filters, below: null })),
  ...onObjects.map(([route, row]) => ({ route, filters: row.filters ?? {}, below: 'event' as const })),
].flatMap(({ route, filters, below }) =>
  Object.entries(filters).map(([name, values]): [string, string, Filters[string], 'event' | null] => [
    route,
    name,
    values,
    below,
  ]),
);

describe.each(filtered)('%s?%s', (route, name, values, below) => {
  const asStranger = (value: string) =>
    call(route, stranger.token, { query: { [name]: value }, ...(below ? { id: stranger[below] } : {}) });

  it('shows another organisation nothing', async () => {
    if (typeof values === 'string') {
      const missing = seen(await asStranger(randomUUID()));
      expect(missing[0]).toBe(404);
      expect(seen(await asStranger(owner[values]))).toEqual(missing);
      if (values === 'endpoint') expect(seen(await asStranger(owner.deletedEndpoint))).toEqual(missing);
      const own = await asStranger(stranger[values]);
      expect([own.status, resultsOf(own).length > 0]).toEqual([200, true]);
      return;
    }
    let found = 0;
    for (const value of values) {
      const { status, body } = await asStranger(value);
      expect(status).toBe(200);
      found += (body as Page).results.length;
      for (const id of Object.values(owner)) expect(JSON.stringify(body)).not.toContain(id);
    }
    expect(found).toBeGreaterThan(0);
  });
});

describe.each(onWholes)('%s', (route, { filters, query: always }) => {
  it('tells another organisation of its own alone', async () => {
    const queries = Object.entries(filters).flatMap(([name, values]) =>
      typeof values === 'string' ? [] : values.map((value) => ({ [name]: value })),
    );
    for (const query of [{}, always ?? {}, ...queries]) {
      const { status, body } = await call(route, stranger.token, { query });
      expect(status).toBe(200);
      for (const id of Object.values(owner)) expect(JSON.stringify(body)).not.toContain(id);
    }
  });

  it('knows no object of another organisation in its filters', async () => {
    for (const [name, object] of Object.entries(filters)) {
      if (typeof object !== 'string') continue;
      const asStranger = (value: string) => call(route, stranger.token, { query: { [name]: value } });
      const missing = seen(await asStranger(randomUUID()));
      expect(missing[0]).toBe(404);
      expect(seen(await asStranger(owner[object]))).toEqual(missing);
      expect((await asStranger(stranger[object])).status).toBe(200);
    }
  });
});

describe.each(onLists)('%s', (route) => {
  it('shows another organisation its own alone', async () => {
    const { status, body } = await call(route, stranger.token);
    expect([status, (body as Page).results.length > 0]).toEqual([200, true]);
    for (const id of Object.values(owner)) expect(JSON.stringify(body)).not.toContain(id);
  });

  it('does not take a cursor of another organisation', async () => {
    const first = await call(route, owner.token, { query: { page_size: '1' } });
    const cursor = new URL((first.body as Page).next ?? '').searchParams.get('cursor') ?? '';
    expect((await call(route, owner.token, { query: { cursor } })).status).toBe(200);
    const refused = await call(route, stranger.token, { query: { cursor } });
    expect([refused.status, refused.body]).toEqual([400, { cursor: ['Invalid cursor.'] }]);
  });
});

describe.each(onCreations)('%s', (route, { body }) => {
  it("makes what is the caller's, whatever the body says", async () => {
    const before = await ownersView();
    const claim = {
      ...body,
      id: owner.endpoint,
      organization_id: owner.organization,
      organizationId: owner.organization,
      organization: owner.organization,
    };
    const made = await call(route, stranger.token, { body: claim });
    expect(made.status).toBe(201);
    const { id } = made.body as { id: string };
    expect(id).not.toBe(owner.endpoint);
    expect((await call(route.replace('POST', 'GET') + '/:id', stranger.token, { id })).status).toBe(200);
    expect((await call(route.replace('POST', 'GET') + '/:id', owner.token, { id })).status).toBe(404);
    expect(await ownersView()).toEqual(before);
  });
});

describe('the history of a deleted endpoint', () => {
  it('stays readable by a filter that names it', async () => {
    const query = { endpoint_id: owner.deletedEndpoint };
    const { status, body } = await call('GET /api/v1/webhook-deliveries', owner.token, { query });
    expect([status, (body as Page).results.length]).toEqual([200, 1]);
  });
});

describe('an endpoint that got nothing yet', () => {
  it('is known to a filter that names it', async () => {
    const made = await registry.call('POST', '/api/v1/webhook-endpoints/', owner.token, ENDPOINT);
    const query = { endpoint_id: (made.body as { id: string }).id };
    const { status, body } = await call('GET /api/v1/webhook-deliveries', owner.token, { query });
    expect([status, body]).toEqual([200, { next: null, previous: null, results: [] }]);
  });
});
