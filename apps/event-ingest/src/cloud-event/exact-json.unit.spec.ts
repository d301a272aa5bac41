import { WHOLE } from '@skillora/validation';
import fc from 'fast-check';

import { UnacceptableException } from '../unacceptable.js';
import { parseExactJson } from './exact-json.js';

const parse = (text: string, at?: string): unknown => parseExactJson(Buffer.from(text), at);

function refusal(act: () => unknown): UnacceptableException {
  try {
    act();
  } catch (error) {
    if (error instanceof UnacceptableException) return error;
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
    ['9007199254740993', WHOLE],
  ])('not when it holds a number that would be altered: %s', (text, path) => {
    const { reason, problems } = refusal(() => parse(text));
    expect(reason).toBe('inexact_number');
    expect(Object.keys(problems)).toEqual([path]);
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

  it('with numbers of up to 400 characters, and no longer ones', () => {
    const longest = `0.${'0'.repeat(323)}5`;
    expect([longest.length, parse(`[${longest}]`)]).toEqual([326, [5e-324]]);
    expect(parse(`[1.${'0'.repeat(398)}]`)).toEqual([1]);
    const { reason, problems } = refusal(() => parse(`{"data":{"n":1.${'0'.repeat(399)}}}`));
    expect([reason, Object.keys(problems)]).toEqual(['inexact_number', ['data.n']]);
    expect(problems['data.n']?.[0]).toMatch(
      /^The number 1\.0+… has more than 400 characters; send it as a string\.$/,
    );
  });

  it('with at most a hundred faults, however many numbers are bad and however long their paths', () => {
    const text = `{"${'k'.repeat(500_000)}":[${Array.from({ length: 50_000 }, () => '1e400').join(',')}]}`;
    const { problems } = refusal(() => parse(text));
    const paths = Object.keys(problems);
    expect(paths).toEqual([`${'k'.repeat(199)}…`]);
    expect(JSON.stringify(problems).length).toBeLessThan(20_000);
    const short = refusal(() => parse(`[${Array.from({ length: 50_000 }, () => '1e400').join(',')}]`));
    expect(Object.keys(short.problems)).toEqual([
      ...Array.from({ length: 100 }, (_, index) => String(index)),
      WHOLE,
    ]);
    expect(short.problems[WHOLE]).toEqual([expect.stringContaining('first 100 faults')]);
  });

  it('with no more values than an event can have that fits', () => {
    const { reason } = refusal(() => parse(`[${'[],'.repeat(150_000)}1]`));
    expect(reason).toBe('too_large');
  });
});
