import { BodyPipe, InvalidFieldsException } from '@skillora/rest';

import {
  changedEndpoint,
  EndpointChange,
  EndpointCreation,
  EndpointReplacement,
  newEndpoint,
} from './endpoint-body.js';

const POLICY = { allowHttp: false, allowedCidrs: [] };
const BODY = { url: 'https://receiver.example/hook', events: ['interview_completed'] };
const SECRET = 'a secret of our own';

const pipe = new BodyPipe();
async function body<T>(metatype: new () => T, value: unknown): Promise<T> {
  return (await pipe.transform(value, { type: 'body', metatype })) as T;
}

async function problemsOf(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InvalidFieldsException) return error.getResponse();
    throw error;
  }
}

describe.each([
  ['PUT' as const, EndpointReplacement],
  ['PATCH' as const, EndpointChange],
])('the body of a %s', (verb, type) => {
  const read = async (value: unknown) => changedEndpoint(await body(type, value), POLICY, verb);

  it.each([SECRET, null, '', 7])(
    'may not hold a secret (%j), and says where a new one is made',
    async (secret) => {
      expect(await problemsOf(() => read({ ...BODY, secret }))).toEqual({
        secret: [expect.stringContaining('regenerate_secret/')],
      });
    },
  );

  it('names a secret beside all else that is bad', async () => {
    const problems = await problemsOf(() => read({ url: 7, events: [], secret: SECRET }));
    expect(Object.keys(problems as object).sort()).toEqual(['events', 'secret', 'url']);
  });

  it('may hold what was read, whose read-only fields are ignored', async () => {
    const asRead = {
      ...BODY,
      id: '123e4567-e89b-12d3-a456-426614174000',
      description: '',
      is_active: true,
      retry_schedule: 'extended',
      created_at: '2024-01-15T10:30:00.000Z',
      updated_at: '2024-01-15T10:30:00.000Z',
      last_triggered_at: null,
      total_deliveries: 3,
      failed_deliveries: 1,
    };
    expect(await read(asRead)).toEqual({
      ...BODY,
      description: '',
      isActive: true,
      retrySchedule: 'extended',
    });
  });
});

describe('the retry schedule in a body', () => {
  const choose = async (retry_schedule: unknown): Promise<unknown> =>
    problemsOf(async () => changedEndpoint(await body(EndpointChange, { retry_schedule }), POLICY, 'PATCH'));

  it.each(['standard', 'extended', 'none'])('may be %s', async (name) => {
    expect(await choose(name)).toEqual({ retrySchedule: name });
  });

  it.each([null, '', 'Standard', 'weekly', 3, ['none'], { name: 'none' }])(
    'may not be %j, and the problem names the choice',
    async (value) => {
      expect(await choose(value)).toEqual({ retry_schedule: ['Must be one of: standard, extended, none.'] });
    },
  );

  it('is the standard one of an endpoint that is created without', async () => {
    expect(newEndpoint(await body(EndpointCreation, BODY), POLICY)).toMatchObject({
      retrySchedule: 'standard',
    });
  });
});

describe('a rate limit', () => {
  const read = async (rate_limit: unknown) =>
    changedEndpoint(await body(EndpointChange, { rate_limit }), POLICY, 'PATCH');

  it.each([1, 2, 1_000])('may be %d deliveries a second', async (limit) => {
    expect(await read(limit)).toEqual({ rateLimit: limit });
  });

  it('is removed by null, and stays where it is absent', async () => {
    expect(await read(null)).toEqual({ rateLimit: null });
    expect(await read(undefined)).toEqual({});
  });

  it.each([0, -1, 1_001, 2.5, '5', true, [], {}])('may not be %j', async (limit) => {
    expect(await problemsOf(() => read(limit))).toEqual({
      rate_limit: ['Must be a whole number from 1 to 1,000 (deliveries a second), or null for no limit.'],
    });
  });
});

describe('the body of a creation', () => {
  it('may hold a secret', async () => {
    const creation = await body(EndpointCreation, { ...BODY, secret: SECRET });
    expect(newEndpoint(creation, POLICY)).toMatchObject({ secret: SECRET });
  });
});

describe('the filter of an endpoint', () => {
  const FILTER = { 'data.score': [{ '>=': 80 }], any: [{ 'data.status': 'completed' }] };
  const create = async (filter: unknown, events = BODY.events) =>
    newEndpoint(await body(EndpointCreation, { ...BODY, events, filter }), POLICY);

  it('is kept as it is written, and null or absence is none', async () => {
    expect((await create(FILTER)).filter).toEqual(FILTER);
    expect((await create(null)).filter).toBeNull();
    expect((await create(undefined)).filter).toBeNull();
  });

  it('is changed only by a body that has it', async () => {
    const change = async (value: object) =>
      changedEndpoint(await body(EndpointChange, value), POLICY, 'PATCH');
    expect(await change({ filter: null })).toEqual({ filter: null });
    expect(await change({ filter: FILTER })).toEqual({ filter: FILTER });
    expect(await change({ description: '' })).toEqual({ description: '' });
    const replacement = await body(EndpointReplacement, BODY);
    expect(changedEndpoint(replacement, POLICY, 'PUT')).not.toHaveProperty('filter');
  });

  it.each([
    ['what is no filter', 'data.score > 80', 'Must be a JSON object'],
    ['no condition', {}, 'at least one condition'],
    ['an unknown operator', { 'data.score': [{ $gt: 80 }] }, '["data.score"][0]["$gt"]: Is not an operator'],
    [
      'a path that cannot exist',
      { not: { 'data.score.x': [1] } },
      'not["data.score.x"][0]: Can never be true',
    ],
    ['a comparison that cannot be true', { 'data.score': [{ '>': 'high' }] }, 'is a number from 0 to 100'],
  ])('may not be %s', async (_, filter, problem) => {
    expect(await problemsOf(() => create(filter))).toEqual({ filter: [expect.stringContaining(problem)] });
  });

  it('need not hold for every type of event', async () => {
    const filter = { 'data.user': ['x'] };
    expect((await create(filter, ['interview_completed', 'mock_interview_completed'])).filter).toEqual(
      filter,
    );
    expect(await problemsOf(() => create(filter, ['mock_interview_completed']))).toEqual({
      filter: [expect.stringContaining('data.user is an object')],
    });
  });
});
