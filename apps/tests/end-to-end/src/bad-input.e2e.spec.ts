import { randomUUID } from 'node:crypto';

import { Contract, type ContractOperation } from './testing/contract.js';
import { Customer, type Endpoint, type Page } from './testing/customer.js';
import { interviewCompleted } from './testing/producer-service.js';
import { rawRequest } from './testing/raw-request.js';

const customer = Customer.ofStack();
const { api, ingest, token } = customer.address;
const bearer = `Bearer ${token}`;
const json = 'application/json';
const GOOD = { url: 'http://127.0.0.1:2/hook', events: ['interview_completed'] };
const endpoints = '/api/v1/webhook-endpoints/';

/** Every route that takes a token, of both services, as their documents name them. */
const routes: { service: string; method: string; path: string; operation: ContractOperation }[] = [];
let endpointId: string;

beforeAll(async () => {
  for (const service of [api, ingest]) {
    for (const [name, operation] of (await Contract.of(service)).operations) {
      const [method = '', path = ''] = name.split(' ');
      if (operation.security.length > 0) routes.push({ service, method, path, operation });
    }
  }
  endpointId = (await customer.register(GOOD.url, { description: 'bad input' })).id;
});

afterAll(() => customer.call('DELETE', `${endpoints}${endpointId}/`));

async function send(url: string, init: RequestInit & { duplex?: 'half' } = {}) {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/**
 * What holds for every answer to what is wrong: it is the client's fault, said in JSON, without a look
 * inside.
 */
function expectRefusal(
  what: string,
  { status, text }: { status: number; text: string },
  expected: number[],
): void {
  expect([what, status, text.slice(0, 300)]).toEqual([what, expect.anything(), expect.anything()]);
  expect({ what, status, expected: expected.includes(status) }).toEqual({ what, status, expected: true });
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(body).length).toBeGreaterThan(0);
  expect(text).not.toMatch(/\.[jt]s:\d|node_modules|at [A-Z]\w+\.|SELECT |Error:/);
}

const withId = (path: string, id: string) => path.replace('{id}', id);
const changing = () => routes.filter(({ method }) => method !== 'GET');
const existing = (path: string) => withId(path, path.startsWith(endpoints) ? endpointId : randomUUID());

describe('every route', () => {
  it('refuses tokens of every broken form', async () => {
    const broken = [
      '',
      'Bearer',
      'Bearer ',
      'bearer',
      token,
      `Basic ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer  ${token}x`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer "${token}"`,
      `Bearer\t${token}`,
      `Bearer ${token.slice(1)}`,
      'Bearer \u00e9\u00e8',
      `Bearer ${'x'.repeat(8_000)}`,
      'Bearer null',
      'Bearer =',
      `Token ${token}`,
    ];
    for (const { service, method, path } of routes) {
      for (const authorization of broken) {
        const answer = await send(service + existing(path), { method, headers: { authorization } });
        expectRefusal(`${method} ${path} with ${authorization.slice(0, 40)}`, answer, [401]);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      }
    }
  });

  it('answers 404 to what is no id, and to paths that cannot be decoded', async () => {
    const ids = [
      'no-uuid',
      '0',
      '-1',
      'null',
      '%00',
      '%2e%2e',
      '%2F',
      '..%2f..%2fetc',
      '%zz',
      '%',
      '%c3%28',
      '%ed%a0%80',
      "1'--",
      `${randomUUID()}0`,
      `{${randomUUID()}}`,
      'x'.repeat(3_000),
      '%F0%9F%98%80',
    ];
    for (const { service, method, path } of routes.filter((each) => each.path.includes('{id}'))) {
      for (const id of ids) {
        const body = ['PUT', 'PATCH'].includes(method)
          ? { body: JSON.stringify(GOOD), headers: { authorization: bearer, 'content-type': json } }
          : {};
        const answer = await send(service + withId(path, id), {
          method,
          headers: { authorization: bearer },
          ...body,
        });
        expectRefusal(`${method} ${withId(path, id)}`, answer, [404]);
      }
    }
  });

  it('names its methods to whoever uses another', async () => {
    const paths = new Map<string, string[]>();
    for (const { service, path, method } of routes) {
      paths.set(service + path, [...(paths.get(service + path) ?? []), method]);
    }
    for (const [url, methods] of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(
        (each) => !methods.includes(each),
      )) {
        for (const target of [url, url.slice(0, -1)].map((each) => withId(each, randomUUID()))) {
          const answer = await send(target, { method, headers: { authorization: bearer } });
          expectRefusal(`${method} ${target}`, answer, [405]);
          const allowed = (answer.headers.get('allow') ?? '').split(', ');
          expect(allowed.filter((each) => !['HEAD', 'OPTIONS'].includes(each))).toEqual(methods.sort());
        }
      }
      const asked = await send(withId(url, randomUUID()), { method: 'OPTIONS' });
      expect([asked.status, asked.headers.get('allow')]).toEqual([204, expect.stringContaining(methods[0]!)]);
    }
  });

  it('ignores parameters nobody knows, and refuses what is no cursor of its own', async () => {
    const first = await customer.call<Page<Endpoint>>('GET', `${endpoints}?page_size=1`);
    await customer.register(GOOD.url).then(({ id }) => customer.call('DELETE', `${endpoints}${id}/`));
    const cursor = first.body.next === null ? 'AAAA' : new URL(first.body.next).searchParams.get('cursor')!;
    const lists = routes.filter(({ operation }) =>
      operation.parameters.some(({ name }) => name === 'cursor'),
    );
    expect(lists).toHaveLength(6);
    for (const { service, path } of lists.filter((each) => !each.path.includes('{id}'))) {
      const ask = (query: string) =>
        send(`${service}${path}?${query}`, { headers: { authorization: bearer } });
      expect((await ask(`colour=red&__proto__=1&constructor=2&page_size=1`)).status).toBe(200);
      const forged = [
        `${cursor}A`,
        cursor.slice(1),
        cursor.toLowerCase(),
        '=',
        '%00',
        'x'.repeat(4_000),
        '{}',
        "' OR 1=1",
      ];
      for (const each of path === endpoints ? forged : [cursor, ...forged]) {
        const answer = await ask(`cursor=${encodeURIComponent(each)}`);
        expectRefusal(`${path}?cursor=${each.slice(0, 80)}`, answer, [400]);
        expect(Object.keys(JSON.parse(answer.text) as object)).toEqual(['cursor']);
      }
      for (const query of [
        'page_size=0',
        'page_size=1e2',
        'page_size=',
        'page_size=%00',
        'page_size[]=1&page_size=x',
        'page_size=99999999999999999999',
      ]) {
        const answer = await ask(query);
        expectRefusal(`${path}?${query}`, answer, [400]);
      }
    }
  });

  it('refuses bodies that are no JSON, and JSON about which readers disagree', async () => {
    const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const bodies: [string, string | Buffer][] = [
      ['broken', '{'],
      ['text', 'nonsense'],
      ['two values', '{}{}'],
      ['a comment', '{"a":1}//'],
      ['a trailing comma', '{"a":1,}'],
      ['NaN', '{"a":NaN}'],
      ['single quotes', "{'a':1}"],
      ['a raw NUL', '{"a":"\u0000"}'],
      ['deep nesting', deep(5_000)],
      ['very deep nesting', '['.repeat(30_000)],
      ['65 levels', deep(66)],
      ['a key that stands twice', '{"url":"http://127.0.0.1:2/","url":"http://10.0.0.1/"}'],
      ['a nested key that stands twice', '{"x":{"a":1,"\\u0061":2}}'],
      ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
      ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
      ['a surrogate as bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
      ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le')],
    ];
    for (const { service, method, path } of changing()) {
      for (const [what, body] of bodies) {
        const answer = await send(service + existing(path), {
          method,
          body,
          headers: { authorization: bearer, 'content-type': json },
        });
        expectRefusal(`${method} ${path} with ${what}`, answer, [400]);
        if (what === 'a key that stands twice') expect(answer.text).toContain('url');
      }
    }
  });

  it('refuses other media types, and none', async () => {
    for (const { service, method, path } of changing()) {
      for (const type of [
        'text/plain',
        'text/xml',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'nonsense',
        'application/jsonx',
        ',',
        'application/json, text/xml',
      ]) {
        const answer = await send(service + existing(path), {
          method,
          body: Buffer.from(JSON.stringify(GOOD)),
          headers: { authorization: bearer, 'content-type': type },
        });
        expectRefusal(`${method} ${path} as ${type}`, answer, [415]);
      }
      const answer = await send(service + existing(path), {
        method,
        body: Buffer.from('{}'),
        headers: { authorization: bearer },
      });
      expectRefusal(`${method} ${path} as nothing`, answer, [415]);
    }
  });

  it('takes JSON in UTF-8 however its charset is written', async () => {
    for (const type of [
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
      'APPLICATION/JSON',
      'application/json; charset=utf8; x=y',
    ]) {
      const headers = { authorization: bearer, 'content-type': type };
      const { status } = await send(`${api}${endpoints}${endpointId}/`, {
        method: 'PATCH',
        body: '{}',
        headers,
      });
      expect([type, status]).toEqual([type, 200]);
    }
  });

  it('says 413 to 3 MB, and to 6 MB of the intake, in an answer that arrives', async () => {
    for (const { service, method, path } of changing()) {
      const size = service === ingest ? 6_000_000 : 3_000_000;
      const body = JSON.stringify({ url: 'x'.repeat(size) });
      const answer = await send(service + existing(path), {
        method,
        body,
        headers: { authorization: bearer, 'content-type': json },
      });
      expectRefusal(`${method} ${path} with ${size} bytes`, answer, [413]);
    }
  });
});

const CLIENT_CREDENTIALS = {
  type: 'oauth2_client_credentials',
  token_url: 'http://a.example/token',
  client_id: 'a',
  client_secret: 'b',
};

describe('every field of an endpoint', () => {
  const wrong: Record<string, unknown[]> = {
    url: [
      null,
      7,
      true,
      [],
      {},
      ['http://127.0.0.1:2/'],
      '',
      ' ',
      'nowhere',
      '//a.example/',
      'http:',
      'http://',
      'http:///x',
      'javascript:alert(1)',
      'http://a b/',
      'http://127.0.0.1:2/\u0000',
      'http://a.example/\ud800',
      `http://a.example/${'x'.repeat(2_048)}`,
      'http://[::1',
      'http://a.example:99999/',
      'http://user@a.example/',
      'http://169.254.169.254/',
      'http://0x0a000001/',
      'http://[::ffff:10.0.0.1]/',
    ],
    events: [
      null,
      'interview_completed',
      7,
      {},
      [],
      [null],
      [7],
      ['test'],
      ['interview_completed', 'coffee'],
      [['interview_completed']],
      ['interview_completed\u0000'],
      { 0: 'interview_completed', length: 1 },
    ],
    description: [null, 7, [], {}, true, 'a\u0000', '\udc00', 'x'.repeat(1_025), 'x\ufe0f'.repeat(513)],
    is_active: [null, 0, 1, 'true', 'false', [], {}, ''],
    headers: [
      null,
      7,
      'X-A: a',
      [],
      [{ 'X-A': 'a' }],
      { 'X-A': 7 },
      { 'X-A': ['a'] },
      { 'X-A': {} },
      { 'X-A': '' },
      { 'X-A': ' a' },
      { 'X-A': 'a\u0000' },
      { 'X-A': 'a\r\nX-B: b' },
      { 'X-A': 'a\tb' },
      { 'X-A': '\u00e9' },
      { 'X-A': '\ud800' },
      { '': 'a' },
      { 'X A': 'a' },
      { 'X-A\r\nX-B': 'a' },
      { 'X-\u0000': 'a' },
      { 'X-A': 'a', 'x-a': 'a' },
      { Host: 'a.example' },
      { connection: 'close' },
      { 'Transfer-Encoding': 'chunked' },
      { 'Content-Length': '0' },
      { 'user-agent': 'a' },
      { Expect: '100-continue' },
      { 'X-Webhook-Signature-256': 'a' },
      { x_webhook_signature_256: 'a' },
      { 'webhook-id': 'a' },
      { 'X-A': 'x'.repeat(4_096) },
      Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`X-${at}`, 'a'])),
    ],
    authentication: [
      null,
      7,
      'bearer',
      [],
      {},
      { type: null },
      { type: 'digest' },
      { type: ['bearer'] },
      { type: '__proto__' },
      { type: 'bearer' },
      { type: 'bearer', token: '' },
      { type: 'bearer', token: 'a b' },
      { type: 'bearer', token: 'a\r\nX-B: b' },
      { type: 'bearer', token: 'x'.repeat(4_097) },
      { type: 'bearer', token: 'a', username: 'b' },
      { type: 'basic', username: 'a' },
      { type: 'basic', username: 'a:b', password: 'c' },
      { type: 'basic', username: 'a\n', password: 'c' },
      { type: 'basic', username: 'a', password: 7 },
      { type: 'oauth2_client_credentials', client_id: 'a', client_secret: 'b' },
      { ...CLIENT_CREDENTIALS, token_url: 'nowhere' },
      { ...CLIENT_CREDENTIALS, token_url: 'http://169.254.169.254/latest/' },
      { ...CLIENT_CREDENTIALS, token_url: 'http://[::ffff:10.0.0.1]/' },
      { ...CLIENT_CREDENTIALS, token_url: 'http://a:b@a.example/' },
      { ...CLIENT_CREDENTIALS, token_url: 'http://a.example/#b' },
      { ...CLIENT_CREDENTIALS, client_id: 'x'.repeat(256) },
      { ...CLIENT_CREDENTIALS, client_secret: null },
      { ...CLIENT_CREDENTIALS, scope: 'a  b' },
      { ...CLIENT_CREDENTIALS, audience: null },
    ],
    filter: [
      ...['', 'data.score', 7, true, [], [{}], {}],
      ...[
        { data: 1 },
        { event: 'x' },
        { 'data.': 1 },
        { 'data.a\\': 1 },
        { 'data.\u0000': 1 },
        { $where: 'x' },
      ],
      ...[{ any: [] }, { any: {} }, { all: ['x'] }, { not: [] }, { not: {} }],
      ...[{ 'data.a': [] }, { 'data.a': [[]] }, { 'data.a': {} }, { 'data.a': { $regex: '(a+)+$' } }],
      ...[{ 'data.a': { '>': null } }, { 'data.a': { prefix: 1 } }, { 'data.a': { exists: 0 } }],
      ...[{ 'data.score': 'x' }, { 'data.score.x': 1 }, { 'data.score': { '>': 90, '<': 80 } }],
      { not: { not: { not: { not: { not: { not: { 'data.a': 1 } } } } } } },
      { 'data.a': 'x'.repeat(4_096) },
      Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`data.${index}`, index])),
    ],
    retry_schedule: [null, 0, true, '', 'Standard', 'weekly', ['none'], {}, 'none\u0000', '__proto__'],
    rate_limit: [0, -1, 1_001, 1.5, 1e9, '10', '', true, false, [], [10], {}],
    secret: [
      null,
      7,
      [],
      {},
      '',
      'x'.repeat(15),
      'x'.repeat(256),
      `${'x'.repeat(20)}\u0000`,
      `${'x'.repeat(20)}\n`,
      `${'x'.repeat(20)}\ud800`,
    ],
  };
  const rows = Object.entries(wrong).flatMap(([field, values]) =>
    values.map((value): [string, unknown] => [field, value]),
  );

  it('is refused by name when it is wrong, and nothing is written', async () => {
    const before = await customer.endpoint(endpointId);
    for (const [field, value] of rows) {
      for (const [method, path] of [
        ['POST', endpoints],
        ['PUT', `${endpoints}${endpointId}/`],
        ['PATCH', `${endpoints}${endpointId}/`],
      ] as const) {
        // A secret is only given at creation; elsewhere it is read-only.
        if (field === 'secret' && method !== 'POST') continue;
        const { status, body } = await customer.call<object>(method, path, {
          ...GOOD,
          description: 'half-written',
          [field]: value,
        });
        expect([method, field, value, status, Object.keys(body)]).toEqual([
          method,
          field,
          value,
          400,
          [field],
        ]);
      }
    }
    expect(await customer.endpoint(endpointId)).toEqual(before);
    const { body } = await customer.call<Page<Endpoint>>('GET', `${endpoints}?page_size=200`);
    expect(body.results.filter(({ description }) => description === 'half-written')).toEqual([]);
  });

  it('that is read-only or unknown is ignored, __proto__ and constructor among them', async () => {
    const text = `{"url":"${GOOD.url}","events":["interview_completed"],"__proto__":{"is_active":false},"constructor":{"prototype":{"x":1}},"id":"${randomUUID()}","total_deliveries":9,"created_at":"1970-01-01T00:00:00Z","organization_id":"${randomUUID()}"}`;
    const { status, text: answer } = await send(api + endpoints, {
      method: 'POST',
      body: text,
      headers: { authorization: bearer, 'content-type': json },
    });
    const made = JSON.parse(answer) as Endpoint;
    expect([status, made.is_active, made.total_deliveries]).toEqual([201, true, 0]);
    expect(({} as Record<string, unknown>)['is_active']).toBeUndefined();
    await customer.call('DELETE', `${endpoints}${made.id}/`);
  });

  it.each([[[]], ['text'], [7], [null], [true]])('is missed when the body is %j', async (body) => {
    for (const [method, path] of [
      ['POST', endpoints],
      ['PUT', `${endpoints}${endpointId}/`],
      ['PATCH', `${endpoints}${endpointId}/`],
    ] as const) {
      const answer = await customer.call<object>(method, path, body);
      expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['non_field_errors']]);
    }
  });
});

describe('the intake', () => {
  it('names what is wrong with an event, by path', async () => {
    const event = interviewCompleted();
    const cases: [object, string][] = [
      [{ ...event, id: 'a\u0000' }, 'id'],
      [{ ...event, source: '\ud800' }, 'source'],
      [{ ...event, type: '__proto__' }, 'type'],
      [{ ...event, data: { ...event.data, note: 'a\u0000' } }, 'data.note'],
      [{ ...event, data: { ...event.data, note: ['\udfff'] } }, 'data.note.0'],
      [{ ...event, data: [] }, 'data'],
      [{ ...event, time: '2026-02-30T00:00:00Z' }, 'time'],
      [{ ...event, organizationid: randomUUID() }, 'organizationid'],
    ];
    for (const [body, path] of cases) {
      const answer = await send(`${ingest}/api/v1/interview-completions/`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: bearer, 'content-type': json },
      });
      expectRefusal(path, answer, [400]);
      expect(Object.keys(JSON.parse(answer.text) as object)).toEqual([path]);
    }
  });
});

describe('what is hardly HTTP', () => {
  const request = (target: string, headers: string[] = [`Host: ${new URL(api).host}`], method = 'GET') =>
    `${method} ${target} HTTP/1.1\r\n${[...headers, `Authorization: ${bearer}`].join('\r\n')}\r\n\r\n`;
  const list = `${endpoints}?page_size=1`;

  it.each([
    ['an absolute target', request(`http://elsewhere.example${list}`), 200],
    ['no Host', request(list, []), 400],
    ['two Hosts', request(list, ['Host: a', 'Host: b']), 400],
    ['a target without a slash', request('api'), 400],
    ['a header of 20 KB', request(list, ['Host: a', `X: ${'x'.repeat(20_000)}`]), 431],
    ['a target of 20 KB', request(`${endpoints}?x=${'x'.repeat(20_000)}`), 431],
    ['another version', `GET ${list} HTTP/3.7\r\n\r\n`, 400],
    ['garbage', '\u0016\u0003\u0001garbage\r\n\r\n', 400],
    ['two lengths', request(endpoints, ['Host: a', 'Content-Length: 3', 'Content-Length: 4'], 'POST'), 400],
    [
      'a length and chunks',
      request(endpoints, ['Host: a', 'Content-Length: 3', 'Transfer-Encoding: chunked'], 'POST'),
      400,
    ],
    ['a negative length', request(endpoints, ['Host: a', 'Content-Length: -1'], 'POST'), 400],
    ['an unknown method', request(list, ['Host: a'], 'BREW'), 400],
    ['CONNECT', request('a:80', ['Host: a'], 'CONNECT'), 0],
  ])('is answered plainly: %s', async (_what, bytes, status) => {
    const answer = await rawRequest(api, bytes).catch(() => ({ status: 0, text: '' }));
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/\.[jt]s:\d|node_modules/);
  });

  it('does not put what an odd Host says into links', async () => {
    await customer.register(GOOD.url, { description: 'odd host' }).then(({ id }) =>
      customer.register(GOOD.url).then(async (other) => {
        for (const host of ['a b', 'user@evil.example', '<script>', 'a/b']) {
          const answer = await rawRequest(api, request(list, [`Host: ${host}`]));
          expect([host, answer.status]).toEqual([host, 400]);
        }
        await customer.call('DELETE', `${endpoints}${id}/`);
        await customer.call('DELETE', `${endpoints}${other.id}/`);
      }),
    );
  });

  it('does not spoil the answer to what came before it on the connection', async () => {
    const { text } = await rawRequest(api, `${request(list)}\u0000\u0001garbage\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 (200|400)/);
    expect((await customer.call('GET', list)).status).toBe(200);
  });
});
