import fc from 'fast-check';

import { compileFilter } from './compile-filter.js';
import { FilteredBody, MAX_VALUES_AT_PATH } from './filtered-body.js';
import { readFilter } from './read-filter.js';

function problems(filter: unknown): readonly string[] {
  const reading = readFilter(filter);
  return 'problems' in reading ? reading.problems : [];
}

const CONDITION = { 'data.score': [{ '>=': 80 }] };
const nested = (levels: number): object =>
  Array.from({ length: levels }).reduce<object>((inner) => ({ not: inner }), CONDITION);
/** A filter whose compact JSON has so many bytes. */
const ofBytes = (bytes: number): object => ({ 'data.status': 'é'.repeat(Math.floor((bytes - 18) / 2)) });

describe('reading a filter', () => {
  it('accepts the example of the contract', () => {
    const example = {
      'data.score': [{ '>=': 80 }],
      'data.status': ['completed'],
      any: [{ 'data.job_id': ['a', 'b'] }, { 'data.topic': [{ prefix: 'Soft' }] }],
      all: [{ 'data.x': [{ exists: false }] }],
      not: { 'data.score': [{ '>': 95, '<=': 100 }] },
    };
    expect(problems(example)).toEqual([]);
    expect(problems({ 'data.status': 'completed', 'data.score': { '>=': 80 } })).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['a text', 'data.score', /^Must be a JSON object/],
    ['null', null, /^Must be a JSON object/],
    ['a list', [CONDITION], /^Must be a JSON object/],
    ['no condition', {}, /^Must have at least one condition\. .*null/],
    ['no condition in not', { not: {} }, /^not: Must have at least one/],
    ['no group in any', { any: [] }, /^any: Must be a list with at least one/],
    ['all without a list', { all: CONDITION }, /^all: Must be a list/],
    ['not with a list', { not: [CONDITION] }, /^not: Must be a JSON object/],
    ['a text in any', { any: [CONDITION, 'x'] }, /^any\[1\]: Must be a JSON object/],
    ['an unknown word', { or: [CONDITION] }, /^\["or"\]: Must be any, all, not, or the path/],
    ['a path beside data', { event: ['x'] }, /^\["event"\]: Must be any, all, not, or the path/],
    ['data itself', { data: [{ exists: true }] }, /^\["data"\]: /],
    ['an empty name', { 'data.a..b': [1] }, /^\["data\.a\.\.b"\]: /],
    ['an unknown escape', { 'data.a\\b': [1] }, /^\["data\.a\\\\b"\]: /],
    ['a backslash at the end', { 'data.a\\': [1] }, /A dot within a name/],
    ['NUL in a path', { 'data.\u0000': [1] }, /control characters/],
    ['half a character in a path', { 'data.\ud800': [1] }, /broken Unicode/],
    ['an empty list', { 'data.score': [] }, /^\["data\.score"\]: .*empty list can never match/],
    ['a list in the list', { 'data.score': [[80]] }, /^\["data\.score"\]\[0\]: Must be a text/],
    [
      'an unknown operator',
      { 'data.score': [80, { $gt: 1 }] },
      /^\["data\.score"\]\[1\]\["\$gt"\]: Is not an operator/,
    ],
    ['the name of a prototype', { 'data.score': [{ constructor: 1 }] }, /Is not an operator/],
    ['no operator', { 'data.score': [{}] }, /^\["data\.score"\]\[0\]: Must have an operator/],
    ['a comparison with null', { 'data.score': [{ '>': null }] }, /\[">"\]: Must be a number or a text/],
    [
      'a comparison with true',
      { 'data.score': { '<': true } },
      /^\["data\.score"\]\["<"\]: Must be a number or/,
    ],
    ['a comparison with a list', { 'data.score': [{ '>=': [80] }] }, /Must be a number or a text/],
    ['a number beyond all', { 'data.score': [{ '>=': Infinity }] }, /Must be a number or a text/],
    ['a prefix that is a number', { 'data.status': [{ prefix: 8 }] }, /\["prefix"\]: Must be a text/],
    ['exists with a text', { 'data.status': [{ exists: 'yes' }] }, /\["exists"\]: Must be true or false/],
    [
      'an empty range',
      { 'data.score': [{ '>=': 80, '<': 80 }] },
      /^\["data\.score"\]\[0\]: Can never be true/,
    ],
    ['a range upside down', { 'data.score': [{ '>': 90, '<': 80 }] }, /Can never be true/],
    ['a number and a text', { 'data.score': [{ '>': 1, '<': 'b' }] }, /Can never be true/],
    ['a prefix beside its range', { 'data.status': [{ prefix: 'b', '<': 'a' }] }, /Can never be true/],
    ['a missing value compared', { 'data.score': [{ exists: false, '>': 1 }] }, /Can never be true/],
    [
      'equals beside another',
      { 'data.score': [{ equals: 1, '>': 0 }] },
      /equals cannot have other operators/,
    ],
    ['equals an object', { 'data.score': [{ equals: {} }] }, /\["equals"\]: Must be/],
    ['equals nothing', { 'data.score': [{ equals: [] }] }, /\["equals"\]: Must be/],
  ])('refuses %s, and names the place and the rule', (_, filter, expected) => {
    expect(problems(filter)[0]).toMatch(expected);
  });

  it('accepts five levels of any, all and not, and refuses the sixth', () => {
    expect(problems(nested(5))).toEqual([]);
    expect(problems(nested(6))).toEqual([
      expect.stringMatching(/^not\.not\.not\.not\.not\.not: .* at most 5 levels/),
    ]);
  });

  it('accepts 4 KiB, counted in bytes, and refuses one byte more', () => {
    expect(Buffer.byteLength(JSON.stringify(ofBytes(4_096)))).toBe(4_096);
    expect(problems(ofBytes(4_096))).toEqual([]);
    expect(problems(ofBytes(4_098))).toEqual(['A filter has at most 4096 bytes as compact JSON.']);
  });

  it('names some problems and no more, each in a short line, whatever is given', () => {
    const hostile = [
      Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`x${index}`.repeat(9), [[]]])),
      { 'data.x': Array.from({ length: 100_000 }, () => ({})) },
      { any: Array.from({ length: 100_000 }, () => ({})) },
      JSON.parse(`${'{"not":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
      JSON.parse(`{"data.x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`),
      { [`data.${'x.'.repeat(100_000)}`]: [1] },
      { ['é'.repeat(100_000)]: [1] },
      { 'data.x': [{ ['o'.repeat(100_000)]: 1 }] },
    ];
    for (const each of hostile) {
      const found = problems(each);
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(10);
      for (const line of found) expect(line.length).toBeLessThan(500);
    }
  });

  it('answers for any JSON, and what it accepts can be asked about any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (filter, body) => {
        expect(() => readFilter(filter)).not.toThrow();
        const compiled =
          typeof filter === 'object' && filter !== null ? compileFilter(filter as object as never) : null;
        compiled?.matches(new FilteredBody(JSON.stringify(body)));
        compileFilter({ 'data.a': [1] })?.matches(new FilteredBody(JSON.stringify(body)));
        compileFilter({ 'data.a': [1] })?.matches(new FilteredBody('no JSON'));
      }),
    );
  });
});

describe('the work for one path', () => {
  it('ends after a number of values, however long and deep the lists are', () => {
    const wide = JSON.stringify({ data: { list: Array.from({ length: 100_000 }, (_, index) => index) } });
    const within = compileFilter({ 'data.list': [MAX_VALUES_AT_PATH - 10] });
    const beyond = compileFilter({ 'data.list': [MAX_VALUES_AT_PATH + 10] });
    expect(within?.matches(new FilteredBody(wide))).toBe(true);
    expect(beyond?.matches(new FilteredBody(wide))).toBe(false);
    const deep = `{"data":{"list":${'['.repeat(50_000)}1${']'.repeat(50_000)}}}`;
    expect(beyond?.matches(new FilteredBody(deep))).toBe(false);
  });
});
