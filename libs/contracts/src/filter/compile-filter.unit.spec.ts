import fc from 'fast-check';

import { compileFilter } from './compile-filter.js';
import type { EventFilter } from './event-filter.js';
import { FilteredBody } from './filtered-body.js';
import { readFilter } from './read-filter.js';
import { escaped, plainlyMatches } from './testing/plain-evaluator.js';

const bodyOf = (data: unknown): string => JSON.stringify({ event: 'e', timestamp: 't', data });

function matches(filter: EventFilter, data: unknown): boolean {
  const compiled = compileFilter(filter);
  if (!compiled) throw new Error(JSON.stringify(readFilter(filter)));
  return compiled.matches(new FilteredBody(bodyOf(data)));
}

/** Names and values that meet often, and that are awkward. */
const name = fc.constantFrom(
  'a',
  'b',
  'a.b',
  '\\',
  '__proto__',
  'constructor',
  'toString',
  '0',
  'length',
  'é',
);
const scalar = fc.oneof(
  fc.constantFrom(0, -0, 1, 1.5, 80, -80, 1e21, Number.MAX_SAFE_INTEGER),
  fc.constantFrom('', 'a', 'ab', 'abc', 'b', '80', 'é', '\uffff', '\uffffa', '😀', 'null', 'true'),
  fc.constantFrom(true, false, null),
);
const data = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  object: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: false }),
  value: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('value'), { maxLength: 12 }), tie('object')),
})).object;
const path = fc
  .array(name, { minLength: 1, maxLength: 3 })
  .map((names) => `data.${names.map(escaped).join('.')}`);
const comparable = scalar.filter((value) => typeof value === 'number' || typeof value === 'string');
const operators = fc.oneof(
  fc.record(
    {
      '>': comparable,
      '>=': comparable,
      '<': comparable,
      '<=': comparable,
      prefix: scalar.filter((value) => typeof value === 'string'),
      exists: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
  fc.record({ equals: fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 })) }),
);
const condition = fc.oneof(
  scalar,
  operators,
  fc.array(fc.oneof(scalar, operators), { minLength: 1, maxLength: 3 }),
);
const filter = fc.letrec<{ group: Record<string, unknown> }>((tie) => ({
  group: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc
      .dictionary(path, condition, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
      .map((each) => ({ ...each })),
    fc.record({ any: fc.array(tie('group'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ all: fc.array(tie('group'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('group') }),
  ),
})).group;

describe('a filter', () => {
  it('lets through what a plain evaluator lets through', () => {
    let [read, wanted] = [0, 0];
    fc.assert(
      fc.property(filter, data, (wants, event) => {
        const compiled = compileFilter(wants);
        // What can never be true is refused. A plain evaluator has no opinion on that.
        if (!compiled) return;
        const body = bodyOf(event);
        const answer = compiled.matches(new FilteredBody(body));
        read += 1;
        wanted += Number(answer);
        expect(answer).toBe(plainlyMatches(wants, body));
      }),
      { numRuns: 3_000 },
    );
    // Otherwise it would have tried little.
    expect(read).toBeGreaterThan(1_000);
    expect(wanted).toBeGreaterThan(100);
    expect(read - wanted).toBeGreaterThan(100);
  });

  it('gives the same answer about a value among many as about the value alone', () => {
    const many = fc.array(scalar, { minLength: 9, maxLength: 60 });
    fc.assert(
      fc.property(condition, many, (wants, values) => {
        const compiled = compileFilter({ 'data.list': wants });
        if (!compiled) return;
        const body = bodyOf({ list: values });
        expect(compiled.matches(new FilteredBody(body))).toBe(plainlyMatches({ 'data.list': wants }, body));
      }),
      { numRuns: 2_000 },
    );
  });

  const VALUES: Readonly<Record<string, unknown>> = {
    number: { v: 80 },
    string: { v: 'able' },
    boolean: { v: true },
    null: { v: null },
    absent: {},
    object: { v: { w: 80 } },
    'a list': { v: ['x', 80, 'able'] },
    'an empty list': { v: [] },
    'lists in a list': { v: [[1], [[80, 'able']]] },
  };
  it.each<[string, unknown, string[]]>([
    ['equals a number', 80, ['number', 'a list', 'lists in a list']],
    ['equals a text', ['able'], ['string', 'a list', 'lists in a list']],
    ['equals a boolean', [true], ['boolean']],
    ['equals null', [null], ['null']],
    ['equals by its name', { equals: [80, true] }, ['number', 'boolean', 'a list', 'lists in a list']],
    ['equals any of a list', [true, null, 'x'], ['boolean', 'null', 'a list']],
    ['>', [{ '>': 79 }], ['number', 'a list', 'lists in a list']],
    ['> of the value itself', [{ '>': 80 }], []],
    ['>=', [{ '>=': 80 }], ['number', 'a list', 'lists in a list']],
    ['<', [{ '<': 80 }], ['lists in a list']],
    ['<=', [{ '<=': 80 }], ['number', 'a list', 'lists in a list']],
    ['a range', [{ '>': 1, '<': 90 }], ['number', 'a list', 'lists in a list']],
    ['> of a text', [{ '>': 'ab' }], ['string', 'a list', 'lists in a list']],
    ['prefix', [{ prefix: 'ab' }], ['string', 'a list', 'lists in a list']],
    ['prefix that is longer', [{ prefix: 'ables' }], []],
    ['exists', [{ exists: true }], Object.keys(VALUES).filter((each) => each !== 'absent')],
    ['exists: false', [{ exists: false }], ['absent']],
    ['absent or null', [{ exists: false }, null], ['null', 'absent']],
  ])('with %s matches what it says', (_, wants, expected) => {
    const matched = Object.keys(VALUES).filter((each) => matches({ 'data.v': wants }, VALUES[each]));
    expect(matched).toEqual(expected);
    const others = Object.keys(VALUES).filter((each) => matches({ not: { 'data.v': wants } }, VALUES[each]));
    expect(others).toEqual(Object.keys(VALUES).filter((each) => !expected.includes(each)));
  });

  it('takes several operators of one object together, for one and the same item', () => {
    expect(matches({ 'data.v': [{ '>=': 80, '<': 90 }] }, { v: [70, 95] })).toBe(false);
    expect(matches({ 'data.v': [{ '>=': 80 }], any: [{ 'data.v': [{ '<': 90 }] }] }, { v: [70, 95] })).toBe(
      true,
    );
  });

  it('follows paths through objects and lists, and names with dots and backslashes', () => {
    const resources = { learning: [{ title: 'A', tags: ['x'] }, { title: 'B' }, 'none'] };
    expect(matches({ 'data.learning.title': ['B'] }, resources)).toBe(true);
    expect(matches({ 'data.learning.tags': [{ exists: true }] }, resources)).toBe(true);
    expect(matches({ 'data.learning.author': [{ exists: true }] }, resources)).toBe(false);
    expect(matches({ 'data.a\\.b.c\\\\d': [1] }, { 'a.b': { 'c\\d': 1 } })).toBe(true);
    expect(matches({ 'data.a.b': [1] }, { 'a.b': 1 })).toBe(false);
  });

  it('knows no field that JavaScript alone gives to every object', () => {
    for (const each of ['constructor', 'toString', '__proto__', 'constructor.name', 'list.length']) {
      expect(matches({ [`data.${each}`]: [{ exists: true }] }, { list: [] })).toBe(false);
    }
    expect(matches({ 'data.__proto__.x': [1] }, JSON.parse('{"__proto__":{"x":1}}'))).toBe(true);
  });
});
