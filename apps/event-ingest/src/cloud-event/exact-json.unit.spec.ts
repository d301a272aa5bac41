import fc from 'fast-check';

import { Unacceptable } from '../unacceptable.js';
import { parseExactJson } from './exact-json.js';

const parse = (text: string, at?: string): unknown => parseExactJson(Buffer.from(text), at);

function refusal(act: () => unknown): Unacceptable {
  try {
    act();
  } catch (error) {
    if (error instanceof Unacceptable) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('JSON is read', () => {
  it('as JavaScript reads it, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{"data":{"ticket":9007199254740993}}', 'data.ticket'],
    ['{"data":{"list":[1,{"deep":0.1000000000000000055}]}}', 'data.list.1.deep'],
    ['{"a":1e400}', 'a'],
    ['[1,\n\t12345678901234567891]', '1'],
    ['9007199254740993', 'non_field_errors'],
  ])('not when it holds a number that would be altered: %s', (text, path) => {
    const { reason, problems } = refusal(() => parse(text));
    expect(reason).toBe('inexact_number');
    expect(Object.keys(problems)).toEqual([path]);
  });

  it('with the first hundred such numbers named, and how many more there are', () => {
    const { problems } = refusal(() =>
      parse(JSON.stringify({ list: Array(1_100).fill(0) }).replaceAll('0', '1e400')),
    );
    expect(Object.keys(problems)).toHaveLength(101);
    expect(problems['list.99']).toEqual([
      'The number 1e400 cannot be passed on exactly; send it as a string.',
    ]);
    expect(problems['non_field_errors']).toEqual(['1000 more numbers cannot be passed on exactly.']);
  });

  it('with numbers named by where the content stands in its event', () => {
    expect(Object.keys(refusal(() => parse('{"ticket":9007199254740993}', 'data')).problems)).toEqual([
      'data.ticket',
    ]);
  });

  it('without taking text for numbers', () => {
    const text = '{"id":"9007199254740993","note":"1e400, 12345678901234567891"}';
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['not JSON', '{'],
    ['nothing', ''],
    ['a key standing twice', '{"data":{"score":1,"score":2}}'],
    ['nested too deep', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('not when it is %s', (_what, text) => expect(refusal(() => parse(text)).reason).toBe('not_json'));

  it('not when its bytes are not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('"'), Buffer.from([0xff]), Buffer.from('"')]);
    expect(refusal(() => parseExactJson(bytes)).reason).toBe('not_json');
  });

  it('with a property called __proto__ as any other', () => {
    expect(JSON.stringify(parse('{"__proto__":{"a":1e2}}'))).toBe('{"__proto__":{"a":100}}');
  });
});
