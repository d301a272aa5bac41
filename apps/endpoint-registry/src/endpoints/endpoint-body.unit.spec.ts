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
      created_at: '2024-01-15T10:30:00.000Z',
      updated_at: '2024-01-15T10:30:00.000Z',
      last_triggered_at: null,
      total_deliveries: 3,
      failed_deliveries: 1,
    };
    expect(await read(asRead)).toEqual({ ...BODY, description: '', isActive: true });
  });
});

describe('the body of a creation', () => {
  it('may hold a secret', async () => {
    const creation = await body(EndpointCreation, { ...BODY, secret: SECRET });
    expect(newEndpoint(creation, POLICY)).toMatchObject({ secret: SECRET });
  });
});
