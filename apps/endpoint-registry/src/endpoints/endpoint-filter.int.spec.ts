import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import {
  type CanonicalEvent,
  canonicalEventSchema,
  SCOPES,
  type SubscribableEventType,
  Topics,
} from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually } from '@skillora/testing';

import { LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

const PATH = '/api/v1/webhook-endpoints/';
const FILTER = { 'data.status': ['completed'], any: [{ 'data.score': [{ '>=': 80, '<': 90 }] }] };

let registry: RunningRegistry;
let organization: string;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start({
    DATABASE_URL: await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''),
  });
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

afterAll(() => registry.stop());

type Shown = Record<string, unknown> & { readonly id: string; readonly filter: unknown };

async function call(method: string, path = '', body?: object): Promise<Answer & { readonly body: Shown }> {
  const answer = await registry.call(method, PATH + path, token, body);
  return { ...answer, body: answer.body as Shown };
}

async function registered(filter: object | null = FILTER): Promise<string> {
  const { status, body } = await call('POST', '', { ...ENDPOINT, filter });
  expect([status, body.filter]).toEqual([201, filter]);
  return `${body.id}/`;
}

describe('the filter of an endpoint', () => {
  it('is shown as it was written, kept by a PUT or PATCH without it, and removed by null', async () => {
    const path = await registered();
    expect(JSON.stringify((await call('GET', path)).body.filter)).toBe(JSON.stringify(FILTER));
    expect((await call('PUT', path, ENDPOINT)).body.filter).toEqual(FILTER);
    expect((await call('PATCH', path, { description: 'x' })).body.filter).toEqual(FILTER);
    const read = (await call('GET', path)).body;
    expect((await call('PUT', path, read)).body.filter).toEqual(FILTER);
    expect((await call('PUT', path, { ...ENDPOINT, filter: null })).body.filter).toBeNull();
    expect((await call('PATCH', path, { filter: FILTER })).body.filter).toEqual(FILTER);
    expect((await call('PATCH', path, { filter: null })).body.filter).toBeNull();
  });

  it('must fit the events that the endpoint has, whichever of both is changed', async () => {
    const path = await registered(null);
    const filter = { 'data.user': ['x'] };
    expect((await call('PATCH', path, { filter })).status).toBe(200);
    const events = ['mock_interview_completed'];
    const refused = await call('PATCH', path, { events });
    expect([refused.status, refused.body]).toEqual([
      400,
      {
        filter: [expect.stringContaining('["data.user"][0]: Can never be true for mock_interview_completed')],
      },
    ]);
    expect((await call('GET', path)).body['events']).toEqual(ENDPOINT.events);
    expect((await call('PATCH', path, { events, filter: null })).status).toBe(200);
    const again = await call('PATCH', path, { filter });
    expect(again.status).toBe(400);
    expect((await call('PATCH', path, { events: [...ENDPOINT.events, ...events], filter })).status).toBe(200);
  });

  it.each<[string, unknown]>([
    ['a text', 'data.score'],
    ['a list', [FILTER]],
    ['too deep', { not: { not: { not: { not: { not: { not: FILTER } } } } } }],
    ['too large', { 'data.status': 'x'.repeat(4_096) }],
    ['the name of a prototype', JSON.parse('{"__proto__": {"data.score": 1}}')],
    ['a name with NUL', { 'data.\u0000': [1] }],
    ['half a character', { 'data.\ud800': [1] }],
    ['a value that cannot be stored', { 'data.status': ['\u0000'] }],
    ['an operator of another dialect', { 'data.score': { $gte: 80 } }],
  ])('is refused as %s, with its name and the rule', async (_, filter) => {
    const { status, body } = await call('POST', '', { ...ENDPOINT, filter });
    expect([status, Object.keys(body)]).toEqual([400, [expect.stringMatching(/^(filter|detail)$/)]]);
  });

  it('is in the log of changes, before and after', async () => {
    const path = await registered();
    await call('PATCH', path, { filter: null });
    const changes = await registry.call(
      'GET',
      `/api/v1/audit/changes/?object_id=${path.slice(0, -1)}`,
      token,
    );
    const [removed, created] = (changes.body as { results: { before: object; after: object }[] }).results;
    expect(removed).toMatchObject({ before: { filter: FILTER }, after: { filter: null } });
    expect(created).toMatchObject({ after: { filter: FILTER } });
  });

  it('is null in the database where there is none, and no JSON null', async () => {
    const path = await registered();
    await call('PATCH', path, { filter: null });
    const [row] = await registry.query<{ filter: unknown }>('SELECT filter FROM endpoints WHERE id = $1', [
      path.slice(0, -1),
    ]);
    expect(row).toEqual({ filter: null });
  });
});

describe('a trial of a filter', () => {
  interface Trial {
    readonly events: number;
    readonly matched: number;
    readonly filtered: number;
    readonly undescribed_paths: string[];
    readonly results: { readonly id: string; readonly matched: boolean }[];
  }
  const trial = async (path: string, filter: object): Promise<Trial> => {
    const { status, body } = await call('POST', `${path}filter/try/`, { filter });
    expect(status).toBe(200);
    return body as unknown as Trial;
  };
  /** Events of one type with these data, oldest first. */
  const happened = async (eventType: SubscribableEventType, ...data: object[]): Promise<CanonicalEvent[]> => {
    const log = new LogBuilder();
    const events = data.map((each) => {
      const event = log.event(randomUUID(), organization);
      return { ...event, eventType, body: JSON.stringify({ event: 'e', timestamp: 't', data: each }) };
    });
    const written = new LogBuilder();
    for (const event of events) {
      written.append(Topics.events, organization, canonicalEventSchema.encode(event));
    }
    await registry.happened(written);
    const last = events.at(-1)!;
    await eventually(async () => {
      const { status } = await registry.call('GET', `/api/v1/webhook-events/${last.id}/`, token);
      expect(status).toBe(200);
    });
    return events;
  };

  it('tells of each of the last events of its types what the filter would have done, and changes nothing', async () => {
    const path = await registered(null);
    expect(await trial(path, FILTER)).toEqual({
      ...{ events: 0, matched: 0, filtered: 0 },
      ...{ undescribed_paths: [], results: [] },
    });
    const before = (await call('GET', path)).body;
    const [low, high, without] = await happened(
      'interview_completed',
      { score: 79, status: 'completed' },
      { score: 80, status: 'completed', note: 'x'.repeat(250_000) },
      { status: 'completed' },
    );
    await happened('mock_interview_completed', { score: 85, status: 'completed' });
    const done = await trial(path, { ...FILTER, 'data.scor': [{ exists: false }] });
    expect(done).toMatchObject({ events: 3, matched: 1, filtered: 2, undescribed_paths: ['data.scor'] });
    expect(done.results).toEqual([
      { id: without!.id, event_type: 'interview_completed', created_at: without!.acceptedAt, matched: false },
      { id: high!.id, event_type: 'interview_completed', created_at: high!.acceptedAt, matched: true },
      { id: low!.id, event_type: 'interview_completed', created_at: low!.acceptedAt, matched: false },
    ]);
    expect((await call('GET', path)).body).toEqual(before);
  });

  it('is about the newest hundred, whatever their size', async () => {
    const path = await registered(null);
    const note = 'x'.repeat(100_000);
    const events = await happened(
      'interview_completed',
      ...Array.from({ length: 105 }, (_, score) => ({ score, note })),
    );
    const { results, matched } = await trial(path, { 'data.score': [{ '>=': 90 }] });
    const newest = events.map(({ id }) => id).reverse();
    expect(results.map(({ id }) => id)).toEqual(newest.slice(0, 100));
    expect(matched).toBe(15);
  });

  it('is refused without a filter, with null, and with one that is none or can never be true', async () => {
    const path = await registered(null);
    const problems: object[] = [];
    for (const body of [{}, { filter: null }, { filter: {} }, { filter: { 'data.score': ['x'] } }]) {
      const answer = await call('POST', `${path}filter/try/`, body);
      expect(answer.status).toBe(400);
      problems.push(answer.body);
    }
    expect(problems).toEqual([
      { filter: ['This field is required.'] },
      { filter: ['This field may not be null.'] },
      { filter: [expect.stringContaining('at least one condition')] },
      { filter: [expect.stringContaining('data.score is a number')] },
    ]);
  });
});
