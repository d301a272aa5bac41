import fc from 'fast-check';

import { JsonProblem, parseStrictJson } from './strict-json.js';

const problemOf = (text: string): string => {
  try {
    parseStrictJson(text);
  } catch (error) {
    if (error instanceof JsonProblem) return error.message;
    throw error;
  }
  return 'none';
};

describe('strict JSON', () => {
  it('reads whatever JSON.stringify writes, however it is spaced, as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses a key that stands twice in one object, wherever that is, and names it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string({ maxLength: 20 }), (value, key) => {
        const name = JSON.stringify(key);
        const object = `{"x": 1, ${name}: ${JSON.stringify(value)} , ${name}\n:null}`;
        const expected = key === 'x' ? 'x' : name.slice(1, -1);
        for (const text of [object, `[{}, ${object}]`, `{"outer": {"x": 2}, "inner": ${object}}`]) {
          expect(problemOf(text)).toBe(
            `JSON parse error - the key "${expected}" stands twice in one object.`,
          );
        }
      }),
    );
  });

  it.each([
    ['an escape that spells the same key', String.raw`{"url":1,"\u0075rl":2}`, 'url'],
    ['__proto__', '{"__proto__":1,"__proto__":2}', '__proto__'],
    ['a key with quotes and backslashes', String.raw`{"a\\\"":1,"a\\\"":2}`, String.raw`a\\\"`],
  ])('refuses %s', (_what, text, key) => expect(problemOf(text)).toContain(`"${key}"`));

  it.each([
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a:b\\":","b":"{\\"a\\":1,\\"a\\":2}"}',
    '{"__proto__":{"a":1},"constructor":2}',
  ])('reads %s', (text) => expect(problemOf(text)).toBe('none'));

  it('refuses what is nested too deep for others to read, and is not felled by it', () => {
    expect(problemOf(`${'['.repeat(64)}1${']'.repeat(64)}`)).toBe('none');
    expect(problemOf(`${'['.repeat(65)}1${']'.repeat(65)}`)).toContain('64 levels');
    expect(problemOf('{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000))).toContain('64 levels');
  });

  it('counts no bracket, comma or colon that stands in a string', () => {
    const text = String.raw`["${'[{'.repeat(100)}","\"${'['.repeat(100)}","\\",${JSON.stringify(',:'.repeat(300_000))}]`;
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });

  it('refuses more values than it could read without holding up others, before it reads them', () => {
    const list = (values: number): string => `[${'1,'.repeat(values - 1)}1]`;
    expect(problemOf(list(199_998))).toBe('none');
    expect(problemOf(list(200_001))).toBe('JSON holds more than 200000 values.');
    // Two million open lists: no JSON, which would be found out at the end of it.
    expect(problemOf('[],'.repeat(2_000_000))).toBe('JSON holds more than 200000 values.');
  });

  it.each(['"', '"a', '"\\"', '{"a":"', '[1,"\\\\\\"'])('says of %s that it is no JSON', (text) =>
    expect(problemOf(text)).toContain('JSON parse error'),
  );
});
