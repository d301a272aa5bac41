import { BodyPipe, InvalidFieldsException } from '@skillora/rest';
import { SecretBox } from '@skillora/signing';

import {
  changedEndpoint,
  EndpointChange,
  EndpointCreation,
  EndpointReplacement,
  newEndpoint,
} from './endpoint-body.js';
import { changedOptions, NO_OPTIONS, presentAuthentication, type SealedOptions } from './sealed-options.js';

const POLICY = { allowHttp: false, allowedCidrs: [] };
const BODY = { url: 'https://receiver.example/hook', events: ['interview_completed'] };
const ID = '123e4567-e89b-12d3-a456-426614174000';
const VERBS = { POST: EndpointCreation, PUT: EndpointReplacement, PATCH: EndpointChange };
const box = SecretBox.fromSetting(Buffer.alloc(32, 1).toString('base64'));
const pipe = new BodyPipe();

/** The options of an endpoint after a request. */
async function after(
  verb: keyof typeof VERBS,
  fields: object,
  present: SealedOptions = NO_OPTIONS,
): Promise<SealedOptions> {
  const value = await pipe.transform({ ...BODY, ...fields }, { type: 'body', metatype: VERBS[verb] });
  const choice =
    verb === 'POST'
      ? newEndpoint(value as EndpointCreation, POLICY)
      : changedEndpoint(value as EndpointChange, POLICY, verb);
  return changedOptions(box, ID, present, choice);
}

async function problemsOf(...request: Parameters<typeof after>): Promise<unknown> {
  try {
    return { accepted: await after(...request) };
  } catch (error) {
    if (error instanceof InvalidFieldsException) return error.getResponse();
    throw error;
  }
}

const opened = ({ headers }: SealedOptions): Record<string, string> =>
  Object.fromEntries(
    headers.map(({ name, sealedValue }) => [
      name,
      box.open(sealedValue, `${ID}:header:${name.toLowerCase()}`),
    ]),
  );

const OAUTH2 = {
  type: 'oauth2_client_credentials',
  token_url: 'https://login.example.com/token',
  client_id: 'hooks',
  client_secret: 'hush',
};

describe('filter of a body', () => {
  it('is checked with every key that was sent, those of every JavaScript object too', async () => {
    const filter = { 'data.status': ['completed'], constructor: ['x'] };
    expect(await problemsOf('POST', { filter })).toEqual({
      filter: [expect.stringContaining('constructor') as string],
    });
  });
});

describe('headers of a body', () => {
  it('are set by POST, replaced by PUT and merged by PATCH', async () => {
    const made = await after('POST', { headers: { 'X-A': 'a', constructor: 'b', 'X-C': 'c' } });
    expect(opened(made)).toEqual({ 'X-A': 'a', constructor: 'b', 'X-C': 'c' });
    const merged = await after('PATCH', { headers: { 'x-a': 'new', 'X-C': null, 'X-D': 'd' } }, made);
    expect(opened(merged)).toEqual({ 'x-a': 'new', constructor: 'b', 'X-D': 'd' });
    expect(opened(await after('PUT', { headers: { 'X-E': 'e' } }, merged))).toEqual({ 'X-E': 'e' });
  });

  it.each(['PUT', 'PATCH'] as const)('stay when a %s has none, and are removed by {}', async (verb) => {
    const made = await after('POST', { headers: { 'X-A': 'a' } });
    expect(await after(verb, {}, made)).toEqual(made);
    expect((await after(verb, { headers: {} }, made)).headers).toEqual([]);
  });

  it('that are given again as they were are sealed as they were', async () => {
    const made = await after('POST', { headers: { 'X-A': 'a' } });
    expect(await after('PUT', { headers: { 'X-A': 'a' } }, made)).toEqual(made);
  });

  it('are sealed each for its endpoint and its name', async () => {
    const { headers } = await after('POST', { headers: { 'X-A': 'a', 'X-B': 'b' } });
    expect(() => box.open(headers[0]!.sealedValue, ID)).toThrow();
    expect(() => box.open(headers[0]!.sealedValue, `${ID}:header:x-b`)).toThrow();
  });

  it.each<[string, unknown, string]>([
    ['no object', 'X-A: a', 'Expected an object'],
    ['a list', [], 'Expected an object'],
    ['null', null, 'Expected an object'],
    ['a number', { 'X-A': 7 }, 'X-A: Not a valid string.'],
    ['null without PATCH', { 'X-A': null }, 'X-A: Not a valid string.'],
    ['an object', { 'X-A': { b: 'c' } }, 'X-A: Not a valid string.'],
    ['Host', { HOST: 'other.example' }, 'HOST: Host follows from the URL.'],
    ['Content-*', { 'content-type': 'text/plain' }, 'content-type: Content-*'],
    ['one twice', { 'X-A': 'a', 'x-a': 'b' }, 'x-a: This header is given twice'],
    ['a line break', { 'X-A': 'hidden\r\nX-B: b' }, 'X-A: The value may hold only printable ASCII'],
    ['21 of them', Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`X-${at}`, 'v'])), '20 headers'],
    ['4 KiB and a byte', { 'X-A': 'v'.repeat(4_094) }, '4096 bytes'],
  ])('are refused when they are %s, without repeating a value', async (_what, headers, problem) => {
    for (const verb of ['POST', 'PUT'] as const) {
      const problems = await problemsOf(verb, { headers });
      expect(problems).toEqual({ headers: [expect.stringContaining(problem)] });
      expect(JSON.stringify(problems)).not.toContain('hidden');
    }
  });

  it('named __proto__ are refused and not lost', async () => {
    expect(await problemsOf('POST', { headers: JSON.parse('{"__proto__": "x"}') as object })).toEqual({
      headers: ['__proto__: This name cannot be used.'],
    });
  });

  it('of 20 names and of exactly 4 KiB are taken, and one more is refused beside those that are there', async () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`X-${at}`, 'v']));
    const made = await after('POST', { headers: many });
    expect(made.headers).toHaveLength(20);
    expect(await problemsOf('PATCH', { headers: { 'X-20': 'v' } }, made)).toEqual({
      headers: [expect.stringContaining('20 headers')],
    });
    expect((await after('PATCH', { headers: { 'X-20': 'v', 'X-0': null } }, made)).headers).toHaveLength(20);
    const long = await after('POST', { headers: { 'X-A': 'v'.repeat(4_093) } });
    expect(await problemsOf('PATCH', { headers: { B: 'v' } }, long)).toEqual({
      headers: [expect.stringContaining('4096 bytes; these would have 4098')],
    });
  });
});

describe('authentication of a body', () => {
  it.each<[object, object]>([
    [{ type: 'none' }, { type: 'none' }],
    [{ type: 'bearer', token: 'hush' }, { type: 'bearer' }],
    [
      { type: 'basic', username: 'me', password: 'hush' },
      { type: 'basic', username: 'me' },
    ],
    [
      { ...OAUTH2, scope: 'a b', audience: 'https://api.example/' },
      {
        type: 'oauth2_client_credentials',
        token_url: OAUTH2.token_url,
        client_id: 'hooks',
        scope: 'a b',
        audience: 'https://api.example/',
      },
    ],
  ])('%j is shown as %j', async (authentication, shown) => {
    const made = await after('POST', { authentication });
    expect(presentAuthentication(made.authentication)).toEqual(shown);
    expect(JSON.stringify(made)).not.toContain('hush');
    // What was read can be put back, and keeps the secret.
    expect(await after('PUT', { authentication: shown }, made)).toEqual(made);
    expect(await after('PATCH', {}, made)).toEqual(made);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['no object', 'bearer', ['Expected an object']],
    ['null', null, ['Expected an object']],
    ['no type', {}, ['type: Must be one of none, bearer, basic, oauth2_client_credentials.']],
    ['another type', { type: 'digest' }, ['type: Must be one of']],
    ['no token', { type: 'bearer' }, ['token: This field is required.']],
    ['a token that is no text', { type: 'bearer', token: 7 }, ['token: Not a valid string.']],
    ['a token with a line break', { type: 'bearer', token: 'hidden\n' }, ['token: Only printable ASCII']],
    ['no password', { type: 'basic', username: 'me' }, ['password: This field is required.']],
    ['a colon in the user name', { type: 'basic', username: 'a:b', password: '' }, ['username: A user name']],
    [
      'a field of another type',
      { type: 'none', token: 'hidden' },
      ['token: The type none has no such field.'],
    ],
    [
      'nothing of what it needs',
      { type: 'oauth2_client_credentials' },
      ['token_url: This field', 'client_id: This field', 'client_secret: This field'],
    ],
    [
      'a token endpoint inside',
      { ...OAUTH2, token_url: 'https://169.254.169.254/token' },
      ['token_url: The URL must lead'],
    ],
    [
      'a token endpoint by http',
      { ...OAUTH2, token_url: 'http://login.example.com/' },
      ['token_url: The URL must start'],
    ],
    [
      'a token endpoint with a password',
      { ...OAUTH2, token_url: 'https://a:hidden@b.example/' },
      ['token_url: The URL'],
    ],
    [
      'a fragment',
      { ...OAUTH2, token_url: 'https://login.example.com/#a' },
      ['token_url: The URL must not have'],
    ],
    ['a scope with quotes', { ...OAUTH2, scope: '"a"' }, ['scope: Expected scopes']],
  ])('is refused with %s, by field and rule', async (_what, authentication, problems) => {
    const answer = await problemsOf('POST', { authentication });
    expect(answer).toEqual({
      authentication: problems.map((each): unknown => expect.stringContaining(each)),
    });
    expect(JSON.stringify(answer)).not.toContain('hidden');
  });

  it('needs its secret when anything else of it changes', async () => {
    const made = await after('POST', { authentication: OAUTH2 });
    const { client_secret: _secret, ...rest } = OAUTH2;
    for (const authentication of [
      { ...rest, token_url: 'https://elsewhere.example/token' },
      { ...rest, scope: 'more' },
      { type: 'bearer' },
      { type: 'basic', username: 'me' },
    ]) {
      expect(await problemsOf('PATCH', { authentication }, made)).toEqual({
        authentication: [expect.stringMatching(/^\w+: This field is required. It can be left out only if/)],
      });
    }
  });

  it('is removed by the type none', async () => {
    const made = await after('POST', { authentication: { type: 'bearer', token: 'a' } });
    expect((await after('PATCH', { authentication: { type: 'none' } }, made)).authentication).toBeNull();
  });

  it('is refused beside a header Authorization, whichever comes later', async () => {
    const headers = { authorization: 'Custom abc' };
    const authentication = { type: 'bearer', token: 'a' };
    expect(await problemsOf('POST', { headers, authentication })).toEqual({
      headers: [expect.stringContaining('cannot be set beside authentication')],
    });
    expect(await problemsOf('PATCH', { authentication }, await after('POST', { headers }))).toEqual({
      authentication: [expect.stringContaining('Remove the header')],
    });
    expect(await problemsOf('PATCH', { headers }, await after('POST', { authentication }))).toEqual({
      headers: [expect.stringContaining('cannot be set beside authentication')],
    });
    const both = await after(
      'PATCH',
      { headers: { authorization: null }, authentication },
      await after('POST', { headers }),
    );
    expect([both.headers, both.authentication?.type]).toEqual([[], 'bearer']);
  });
});
