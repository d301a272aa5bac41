import fc from 'fast-check';

import {
  changedHeaders,
  type GivenHeader,
  headerNameProblem,
  headersProblem,
  headerValueProblem,
} from './request-headers.js';

const TOKEN_CHARACTERS = Array.from(
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
);
const names = fc.string({ unit: fc.constantFrom(...TOKEN_CHARACTERS), minLength: 1, maxLength: 30 });
/** Few names, in both cases, so that changes meet what is there. */
const fewNames = fc.constantFrom('A', 'a', 'B', 'b', 'C', 'c', 'constructor', 'Constructor', '1');
const someHeaders = fc.uniqueArray(fc.record({ name: fewNames, value: fc.string() }), {
  selector: ({ name }) => name.toLowerCase(),
});

/** RFC 7396, `MergePatch`, for objects of texts whose names are compared in lower case. */
function mergePatch(
  target: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

const byName = (headers: readonly GivenHeader[]): Record<string, string> =>
  Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));

describe('a change of headers', () => {
  it('merges as RFC 7396 says, and keeps the names apart by what they say and not by their case', () => {
    fc.assert(
      fc.property(someHeaders, someHeaders, fc.array(fewNames), (present, set, names) => {
        const removed = names.filter(
          (name) => !set.some((each) => each.name.toLowerCase() === name.toLowerCase()),
        );
        const patch = {
          ...byName(set),
          ...Object.fromEntries(removed.map((name) => [name.toLowerCase(), null])),
        };
        const after = changedHeaders(present, { keepsOthers: true, set, removed });
        expect(byName(after)).toEqual(mergePatch(byName(present), patch));
        expect(new Set(after.map(({ name }) => name.toLowerCase())).size).toBe(after.length);
      }),
    );
  });

  it('without the others leaves what it sets alone', () => {
    fc.assert(
      fc.property(someHeaders, someHeaders, (present, set) => {
        expect(changedHeaders(present, { keepsOthers: false, set, removed: [] })).toEqual(set);
      }),
    );
  });

  it('made twice is the same as made once', () => {
    fc.assert(
      fc.property(someHeaders, someHeaders, fc.boolean(), (present, set, keepsOthers) => {
        const change = { keepsOthers, set, removed: ['C'] };
        const once = changedHeaders(present, change);
        expect(byName(changedHeaders(once, change))).toEqual(byName(once));
      }),
    );
  });

  it('names a header as it is set last, and keeps its place', () => {
    const present = [
      { name: 'X-One', value: '1' },
      { name: 'X-Two', value: '2' },
    ];
    const set = [{ name: 'x-one', value: 'one' }];
    expect(changedHeaders(present, { keepsOthers: true, set, removed: ['X-TWO', 'X-None'] })).toEqual(set);
  });
});

describe('the name of a header', () => {
  it.each([
    ...['Host', 'Connection', 'Keep-Alive', 'Proxy-Connection', 'Proxy-Authorization', 'Proxy-Authenticate'],
    ...['TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'HTTP2-Settings', 'Expect', 'User-Agent'],
    ...['Content-Type', 'Content-Length', 'Content-Anything', 'X-Webhook-Id', 'X-Webhook-Anything'],
    ...['Webhook-Id', 'webhook-signature', 'Webhook-Anything'],
  ])('is not %s, in whatever case and with underscores', (name) => {
    for (const spelled of [name, name.toLowerCase(), name.toUpperCase(), name.replaceAll('-', '_')]) {
      expect(headerNameProblem(spelled)).toMatch(/\.$/);
    }
  });

  it.each([
    '',
    ' ',
    'X A',
    'X:A',
    ':authority',
    'X-A\r\nX-B',
    'X-\u00e9',
    'X-\u0000',
    'X(A)',
    '"X"',
    'a/b',
    '__proto__',
  ])('is not %j', (name) => expect(headerNameProblem(name)).not.toBeNull());

  it.each([
    'Authorization',
    'Cookie',
    'X-Api-Key',
    'Accept',
    'traceparent',
    'constructor',
    'toString',
    'hosts',
    '1',
    'X',
  ])('may be %s', (name) => expect(headerNameProblem(name)).toBeNull());

  it('that is allowed is a token, and of another name than those that are sent anyway', () => {
    fc.assert(
      fc.property(fc.oneof(names, fc.string({ unit: 'binary' })), (name) => {
        if (headerNameProblem(name) !== null) return;
        expect(Array.from(name).every((character) => TOKEN_CHARACTERS.includes(character))).toBe(true);
        expect(name.toLowerCase()).not.toMatch(/^(host|user-agent|connection|content-.*|(x-)?webhook-.*)$/);
      }),
    );
  });
});

describe('the value of a header', () => {
  it.each(['', ' a', 'a ', 'a\tb', 'a\r\nX-B: c', 'a\nb', 'a\u0000', 'a\u007f', 'é', '\u20ac', '\ud83d'])(
    'is not %j',
    (value) => expect(headerValueProblem(value)).toMatch(/\.$/),
  );

  it('that is allowed is one line, which arrives as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        if (headerValueProblem(value) !== null) return;
        expect(value).toMatch(/^[ -~]+$/);
        expect(value.trim()).toBe(value);
        expect(Buffer.from(value, 'latin1').toString('utf8')).toBe(value);
      }),
    );
  });
});

it('at most 20 headers and 4 KiB of names and values fit an endpoint', () => {
  expect(headersProblem(20, 4_096)).toBeNull();
  expect(headersProblem(21, 100)).toContain('20 headers');
  expect(headersProblem(1, 4_097)).toContain('4096 bytes');
});
