import type { AuthenticationField } from '@skillora/contracts';
import { AUTHENTICATION_FIELDS, MAX_HEADERS, MAX_HEADERS_BYTES } from '@skillora/contracts';
import { BodyPipe, bodySchema, componentsOf, InvalidFieldsException } from '@skillora/rest';
import { secretProblem } from '@skillora/signing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';

import {
  changedEndpoint,
  EndpointChange,
  EndpointCreation,
  EndpointReplacement,
  newEndpoint,
} from './endpoint-body.js';

/*
 * The published schemas of bodies against the rules that the code checks. A schema that is narrower than the rule makes
 * generated clients refuse what we take; one that is wider lets them send what we refuse.
 */
const TYPES = { POST: EndpointCreation, PUT: EndpointReplacement, PATCH: EndpointChange };
type Verb = keyof typeof TYPES;
const VERBS = Object.keys(TYPES) as Verb[];
const BODY = { url: 'https://receiver.example/hook', events: ['interview_completed'] };
const POLICY = { allowHttp: true, allowedCidrs: [] };
const pipe = new BodyPipe();

function publishedBody(type: new () => object): (body: unknown) => boolean {
  const schema = bodySchema(type);
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false });
  ajv.addVocabulary(['components']);
  return ajv.compile({ ...schema, components: { schemas: componentsOf(schema) } });
}

const published: Readonly<Record<Verb, (body: unknown) => boolean>> = {
  POST: publishedBody(EndpointCreation),
  PUT: publishedBody(EndpointReplacement),
  PATCH: publishedBody(EndpointChange),
};

async function isAccepted(verb: Verb, body: object): Promise<boolean> {
  try {
    const value = await pipe.transform(body, { type: 'body', metatype: TYPES[verb] });
    if (verb === 'POST') newEndpoint(value as EndpointCreation, POLICY);
    else changedEndpoint(value as EndpointChange, POLICY, verb);
    return true;
  } catch (error) {
    if (error instanceof InvalidFieldsException) return false;
    throw error;
  }
}

/** What the published schema and the rule say of a body with these fields. */
async function judged(verb: Verb, fields: object): Promise<{ published: boolean; accepted: boolean }> {
  const body = { ...BODY, ...fields };
  return { published: published[verb](body), accepted: await isAccepted(verb, body) };
}

async function expectAgreement(verb: Verb, fields: object): Promise<void> {
  const { published, accepted } = await judged(verb, fields);
  expect({ verb, fields, published }).toEqual({ verb, fields, published: accepted });
}

async function expectNotNarrower(verb: Verb, fields: object): Promise<void> {
  const { published, accepted } = await judged(verb, fields);
  expect({ verb, fields, published: published || !accepted }).toEqual({ verb, fields, published: true });
}

/** Characters at the edges of the rules. */
const edges = fc.constantFrom(
  ...Array.from('aZ09 !"#$:@/\\~-._[]|'),
  ...['\u0000', '\n', '\t', '\u001f', '\u007f', '\u0085', '\u009f', '\u00a0', '\u00e9', '\u200b', '\u2028'],
  ...['\ufeff', '\u{1f511}', '\u{e000}', '\u{10ffff}'],
);
/** Texts, some of them about as long as the longest. */
const textsUpTo = (longest: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: edges, maxLength: 8 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 30 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('a', ' ', '\u00e9', '\u{1f511}'), fc.integer({ min: -1, max: 1 }))
        .map(([character, more]) => character.repeat(longest + more)),
    },
  );

const OAUTH2 = {
  type: 'oauth2_client_credentials',
  token_url: 'https://login.example.com/token',
  client_id: 'hooks',
  client_secret: 'hush',
};
const GOOD: readonly Readonly<Record<string, string>>[] = [
  { type: 'none' },
  { type: 'bearer', token: 'hush' },
  { type: 'basic', username: 'me', password: 'hush' },
  { ...OAUTH2, scope: 'a b', audience: 'https://api.example/' },
];
const goodWith = (field: AuthenticationField) => GOOD.find((each) => Object.hasOwn(each, field)) ?? {};

describe.each(VERBS)('the published body of a %s', (verb) => {
  it.each(
    (Object.keys(AUTHENTICATION_FIELDS) as AuthenticationField[]).filter((each) => each !== 'token_url'),
  )('takes the values of %s that are accepted, and no others', async (field) => {
    const texts = textsUpTo(AUTHENTICATION_FIELDS[field].longest);
    await fc.assert(
      fc.asyncProperty(texts, (text) =>
        expectAgreement(verb, { authentication: { ...goodWith(field), [field]: text } }),
      ),
    );
  });

  it('takes the fields that each type of authentication may have, and no others', async () => {
    const all = Object.assign({}, ...GOOD) as Record<string, string>;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...GOOD.map(({ type }) => type), 'digest'),
        fc.subarray(['x', ...Object.keys(all)].filter((name) => name !== 'type')),
        fc.boolean(),
        (type, names, hasText) =>
          expectAgreement(verb, {
            authentication: {
              type,
              ...Object.fromEntries(names.map((name) => [name, hasText ? (all[name] ?? 'x') : 7])),
            },
          }),
      ),
    );
  });

  it.each([null, 'bearer', [], {}, 7])('has %j as no authentication and as no headers', async (value) => {
    await expectAgreement(verb, { authentication: value });
    await expectAgreement(verb, { headers: value });
  });

  it('takes the names of headers that are accepted, and no others', async () => {
    const known = fc.constantFrom(
      ...['Host', 'Connection', 'TE', 'Expect', 'User-Agent', 'Content-Type', 'X-Webhook-Id', 'Webhook-Id'],
      ...['X-Webhook', 'Hosts', 'XContent-Type', 'Authorization', 'constructor', '--proto--', '__PROTO__'],
    );
    const names = fc.oneof(
      fc
        .tuple(known, fc.boolean(), fc.boolean(), fc.constantFrom('', '-', 'X'))
        .map(([name, isUpper, hasUnderscores, end]) => {
          const spelled = hasUnderscores ? name.replaceAll('-', '_') : name;
          return (isUpper ? spelled.toUpperCase() : spelled.toLowerCase()) + end;
        }),
      fc.string({ unit: edges, maxLength: 8 }),
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 }),
    );
    const headersOf = (name: string): object =>
      Object.defineProperty<object>({}, name, { value: 'v', enumerable: true });
    await fc.assert(fc.asyncProperty(names, (name) => expectAgreement(verb, { headers: headersOf(name) })));
  });

  it('takes the values of headers that are accepted, and no others', async () => {
    const values = fc.oneof(textsUpTo(MAX_HEADERS_BYTES - 1), fc.constantFrom(null, 7, {}, []));
    await fc.assert(fc.asyncProperty(values, (value) => expectAgreement(verb, { headers: { X: value } })));
  });

  it.each([0, 1, MAX_HEADERS, MAX_HEADERS + 1])('counts %d headers as they are counted', async (count) => {
    const headers = Object.fromEntries(Array.from({ length: count }, (_, at) => [`X-${at}`, 'v']));
    await (verb === 'PATCH' ? expectNotNarrower : expectAgreement)(verb, { headers });
    const removed = Object.fromEntries(Array.from({ length: MAX_HEADERS + 1 }, (_, at) => [`Y-${at}`, null]));
    await expectNotNarrower(verb, { headers: { ...headers, ...removed } });
  });

  it.each([
    'https://1.1.1.1/',
    'https://[2606:4700:4700::1111]:8443/hook',
    'HTTPS://EXAMPLE.COM./a?b#c',
    'https://b\u00fccher.example/\u00fc?{x}',
    'http://xn--bcher-kva.example/%zz',
    'ftp://example.com/',
    'https://a:b@example.com/',
    'https://example.com/a b',
    'https://',
    '',
  ])('takes the URL %s if it is accepted', async (url) => {
    await expectAgreement(verb, { url });
    await expectAgreement(verb, { authentication: { ...OAUTH2, token_url: url } });
  });

  it.each([2_048, 2_049])('takes a URL of %d characters if it is accepted', async (characters) => {
    const begin = 'https://example.com/';
    const url = begin + '\u{1f511}'.repeat(characters - begin.length);
    await expectAgreement(verb, { url });
    await expectAgreement(verb, { authentication: { ...OAUTH2, token_url: url } });
  });

  it('takes rate limits and retry schedules that are accepted, and no others', async () => {
    const values = fc.oneof(
      fc.constantFrom(0, 1, 1_000, 1_001, 2.5, 3.0, -1, 1e300, null, '5', true, [], {}, 'standard', 'none'),
      fc.integer(),
    );
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        await expectAgreement(verb, { rate_limit: value });
        await expectAgreement(verb, { retry_schedule: value });
      }),
    );
  });

  it('takes every filter that is accepted, and the paths that are accepted and no others', async () => {
    const path = fc
      .array(fc.constantFrom('.', '\\.', '\\\\', '\\', 'a', '..', '\u0001', '\u007f', '\u00e9', '\u{1f511}'))
      .map((parts) => `data.x-${parts.join('')}`);
    await fc.assert(fc.asyncProperty(path, (name) => expectAgreement(verb, { filter: { [name]: ['v'] } })));
    const scalar = fc.oneof(
      fc.string({ unit: edges, maxLength: 3 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const operators = fc.dictionary(
      fc.constantFrom('>', '>=', '<', '<=', 'prefix', 'exists', 'equals', '$in'),
      fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })),
      { maxKeys: 2 },
    );
    const alternative = fc.oneof(scalar, operators);
    const { group } = fc.letrec<{ group: object }>((tie) => ({
      group: fc.oneof(
        { maxDepth: 3 },
        fc.dictionary(
          fc.constantFrom('data.x', 'data.y.z', 'data', 'x', 'any'),
          fc.oneof(alternative, fc.array(alternative, { maxLength: 2 })),
          { maxKeys: 2 },
        ),
        fc.dictionary(fc.constantFrom('any', 'all'), fc.array(tie('group'), { maxLength: 2 }), {
          maxKeys: 2,
        }),
        fc.record({ not: tie('group') }),
      ),
    }));
    await fc.assert(fc.asyncProperty(group, (filter) => expectNotNarrower(verb, { filter })));
  });
});

it('the published body of a creation takes every secret that is accepted', async () => {
  const secrets = fc.oneof(
    textsUpTo(255),
    fc.string({ unit: edges, minLength: 14, maxLength: 18 }),
    fc.string({ unit: 'binary', minLength: 15, maxLength: 17 }),
  );
  await fc.assert(fc.asyncProperty(secrets, (secret) => expectNotNarrower('POST', { secret })));
  for (let code = 0; code < 0xd800; code += 1) {
    const secret = `${'x'.repeat(16)}${String.fromCodePoint(code)}`;
    if (secretProblem(secret) === null && !published.POST({ ...BODY, secret })) {
      throw new Error(`the pattern refuses U+${code.toString(16)}`);
    }
  }
});
