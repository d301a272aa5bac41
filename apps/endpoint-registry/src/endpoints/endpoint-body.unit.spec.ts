import { InvalidFields } from '@skillora/rest';

import { readChange, readNewEndpoint, readReplacement } from './endpoint-body.js';

const POLICY = { allowHttp: false, allowedCidrs: [] };
const BODY = { url: 'https://receiver.example/hook', events: ['interview_completed'] };
const SECRET = 'a secret of our own';

function problemsOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidFields) return error.getResponse();
    throw error;
  }
}

describe.each([
  ['PUT', readReplacement],
  ['PATCH', readChange],
])('the body of a %s', (_, read) => {
  it.each([SECRET, null, '', 7])('may not hold a secret (%j), and says where a new one is made', (secret) => {
    expect(problemsOf(() => read({ ...BODY, secret }, POLICY))).toEqual({
      secret: [expect.stringContaining('regenerate_secret/')],
    });
  });

  it('names a secret beside all else that is bad', () => {
    const problems = problemsOf(() => read({ url: 7, events: [], secret: SECRET }, POLICY));
    expect(Object.keys(problems as object).sort()).toEqual(['events', 'secret', 'url']);
  });

  it('may hold what was read, whose read-only fields are ignored', () => {
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
    expect(read(asRead, POLICY)).toEqual({ ...BODY, description: '', isActive: true });
  });
});

describe('the body of a creation', () => {
  it('may hold a secret', () => {
    expect(readNewEndpoint({ ...BODY, secret: SECRET }, POLICY)).toMatchObject({ secret: SECRET });
  });
});
