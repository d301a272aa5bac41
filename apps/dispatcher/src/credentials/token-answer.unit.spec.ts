import fc from 'fast-check';

import { readTokenAnswer } from './token-answer.js';

const answer = (status: number, body: unknown, isCut = false) =>
  readTokenAnswer({
    status,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    isCut,
  });

describe('the answer of a token endpoint', () => {
  it.each([
    { access_token: 'abc', token_type: 'Bearer', expires_in: 60 },
    { access_token: 'abc', token_type: 'bearer', expires_in: '60', scope: 'a', refresh_token: 'unused' },
    { access_token: 'abc', expires_in: 60 },
  ])('%j is a token', (body) => {
    expect(answer(200, body)).toEqual({ accessToken: 'abc', lifeMs: 60_000 });
  });

  it.each<[number, unknown, RegExp]>([
    [200, 'access_token=abc&token_type=bearer', /not a JSON object/],
    [200, '[]', /not a JSON object/],
    [200, '', /not a JSON object/],
    [200, {}, /no access token/],
    [200, { access_token: 7 }, /no access token/],
    [200, { access_token: '' }, /no access token/],
    [200, { access_token: 'a\r\nX-Injected: b' }, /no access token/],
    [200, { access_token: 'é' }, /no access token/],
    [200, { access_token: 'x'.repeat(8_193) }, /no access token/],
    [200, { access_token: 'abc', token_type: 'mac' }, /not of the type Bearer/],
    [200, { access_token: 'abc', token_type: ['bearer'] }, /not of the type Bearer/],
    [201, { access_token: 'abc' }, /status 201/],
    [302, '', /redirects with status 302/],
    [400, { error: 'invalid_scope', error_description: 'hidden' }, /status 400: it did not accept the scope/],
    [401, { error: 'invalid_client' }, /status 401: it did not accept the client id/],
    [401, 'hidden', /^it answered with status 401$/],
    [500, { error: 'hidden' }, /^it answered with status 500$/],
  ])('with status %d and %j is a problem in plain words', (status, body, problem) => {
    const read = answer(status, body);
    expect(read).toMatchObject({ problem: expect.stringMatching(problem) });
    expect(JSON.stringify(read)).not.toContain('hidden');
  });

  it('that was cut is no token', () => {
    expect(answer(200, '{"access_token":"abc"}', true)).toMatchObject({
      problem: expect.stringContaining('too long'),
    });
  });

  it('never throws, and a problem never repeats what the server wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.json(), (status, body) => {
        const read = answer(status, body);
        if (!('problem' in read)) return;
        expect(read.problem).toMatch(/^(it|its) [a-zA-Z0-9 ,:()_]+$/);
      }),
    );
  });
});
