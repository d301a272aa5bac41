import { gzipSync } from 'node:zlib';

import { EXPIRED, ThingsService, TOKEN } from './testing/things-service.js';

let service: ThingsService;

beforeAll(async () => {
  service = await ThingsService.start();
});

afterAll(() => service.stop());

const json = { 'content-type': 'application/json' };

describe('a request', () => {
  it.each(['/things', '/things/', '/things/?x=1'])('is answered at %s', async (url) => {
    const { status, body } = await service.call('GET', url, { authorization: `Bearer ${TOKEN}` });
    expect([status, body]).toEqual([200, ['acme']]);
  });

  it.each([undefined, '', 'Basic abc', 'Bearera', 'token', 'Token a-token'])(
    'with the credentials %p gets 401 and learns the scheme',
    async (authorization) => {
      const answer = await service.call(
        'GET',
        '/things/',
        authorization === undefined ? {} : { authorization },
      );
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
      expect(answer.body).toEqual({ detail: 'Authentication credentials were not provided.' });
    },
  );

  it.each([
    ['Bearer', 'Invalid token header.'],
    ['Bearer a b', 'Invalid token header.'],
    ['Bearer a, Bearer b', 'Invalid token header.'],
    ['Bearer "a-token"', 'Invalid token header.'],
    ['Bearer ünknown', 'Invalid token header.'],
    ['Bearer =', 'Invalid token header.'],
    ['Bearer unknown', 'Invalid token.'],
    [`Bearer ${TOKEN.toUpperCase()}`, 'Invalid token.'],
    [`Bearer ${EXPIRED}`, 'The token has expired.'],
  ])(
    'with the credentials %p gets 401 and learns that the token does not count',
    async (authorization, detail) => {
      const { status, headers, body } = await service.call('GET', '/things/', { authorization });
      expect([status, headers['www-authenticate'], body]).toEqual([
        401,
        `Bearer error="invalid_token", error_description="${detail}"`,
        { detail },
      ]);
    },
  );

  it.each(['bearer', 'BEARER'])('may write the scheme %s', async (scheme) => {
    expect((await service.call('GET', '/things/', { authorization: `${scheme}   ${TOKEN}` })).status).toBe(
      200,
    );
  });

  it('without the scope its handler asks for learns which it is', async () => {
    const { status, headers } = await service.call('GET', '/things/written/', {
      authorization: `Bearer ${TOKEN}`,
    });
    expect([status, headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="endpoints:write"',
    ]);
  });

  it('to a handler that names no scope is refused', async () => {
    expect(
      (await service.call('GET', '/things/unscoped/', { authorization: `Bearer ${TOKEN}` })).status,
    ).toBe(403);
  });

  it('by another method gets 405 and learns which there are', async () => {
    const { status, headers, body } = await service.call('DELETE', '/things/');
    expect([status, headers['allow'], body]).toEqual([
      405,
      'GET, HEAD, OPTIONS, POST',
      { detail: 'Method "DELETE" not allowed.' },
    ]);
  });

  it('may ask which methods there are', async () => {
    const response = await fetch(`${service.origin}/things/`, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('allow'), await response.text()]).toEqual([
      204,
      'GET, HEAD, OPTIONS, POST',
      '',
    ]);
    expect((await fetch(`${service.origin}/nothing/`, { method: 'OPTIONS' })).status).toBe(404);
  });

  it.each([
    ['another path', '/nothing/', json, '{}', 404],
    ['malformed JSON', '/things/', json, '{', 400],
    ['a key that stands twice', '/things/', json, '{"a":1,"a":2}', 400],
    ['another media type', '/things/', { 'content-type': 'text/xml' }, '<a/>', 415],
    ['too large a body', '/things/', json, JSON.stringify('x'.repeat(1_000)), 413],
    ['a malformed path', '/things/%zz/', json, '{}', 404],
  ])('with %s is refused with a detail', async (_what, url, headers, payload, status) => {
    const answer = await service.call('POST', url, headers, payload);
    expect([answer.status, answer.body]).toEqual([status, { detail: expect.any(String) }]);
  });

  it.each([
    ['text/xml', '<a/>', 'Unsupported media type "text/xml" in request.'],
    ['application/json', JSON.stringify('x'.repeat(1_000)), 'The request body is too large.'],
  ])('that the server refuses as %s says why in our words', async (type, payload, detail) => {
    const { body } = await service.call('POST', '/things/', { ...json, 'content-type': type }, payload);
    expect(body).toEqual({ detail });
  });

  it('that is compressed is read, up to the limit of a body', async () => {
    const compressed = { ...json, 'content-encoding': 'gzip' };
    expect(await service.call('POST', '/things/', compressed, gzipSync('"bad"'))).toMatchObject({
      status: 400,
      body: { name: ['Bad.'] },
    });
    const large = gzipSync(JSON.stringify('x'.repeat(1_000)));
    expect((await service.call('POST', '/things/', compressed, large)).status).toBe(413);
    expect(await service.call('POST', '/things/', compressed, '"bad"')).toMatchObject({
      status: 400,
      body: { detail: 'The request body is not valid gzip.' },
    });
  });

  it('in a content coding that is not known is refused with 415 and the one that is', async () => {
    expect(
      await service.call('POST', '/things/', { ...json, 'content-encoding': 'br' }, '"bad"'),
    ).toMatchObject({
      status: 415,
      headers: { 'accept-encoding': 'gzip' },
      body: { detail: expect.stringContaining('"br"') as string },
    });
  });

  it('with bad fields is told which', async () => {
    expect(await service.call('POST', '/things/', json, '"bad"')).toMatchObject({
      status: 400,
      body: { name: ['Bad.'] },
    });
  });

  it('that meets an outage may try again later', async () => {
    expect(await service.call('POST', '/things/', json, '"away"')).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { detail: expect.any(String) as string },
    });
  });

  it('that fails for a reason of ours learns nothing of it', async () => {
    expect(await service.call('POST', '/things/', json, '"broken"')).toMatchObject({
      status: 500,
      body: { detail: 'A server error occurred.' },
    });
  });
});
