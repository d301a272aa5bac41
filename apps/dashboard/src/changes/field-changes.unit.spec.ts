import fc from 'fast-check';

import { differingTexts, fieldChanges } from './field-changes.js';

const literal = (text: string) => ({ text, isLiteral: true });
const word = (text: string) => ({ text, isLiteral: false });

describe('what an entry says of each field', () => {
  it('is what was there before and after, in words where the value is none', () => {
    expect(
      fieldChanges(
        { url: 'https://a.example', description: '', is_active: true, max_endpoints: null, version: 3 },
        { url: 'https://b.example', description: 'none', is_active: false, max_endpoints: 7, version: 4 },
      ),
    ).toEqual([
      { path: 'url', before: literal('https://a.example'), after: literal('https://b.example') },
      { path: 'description', before: word('empty'), after: literal('none') },
      { path: 'is_active', before: word('yes'), after: word('no') },
      { path: 'max_endpoints', before: word('none'), after: literal('7') },
      { path: 'version', before: literal('3'), after: literal('4') },
    ]);
  });

  it('has the values of a new object alone, without those that it lacks', () => {
    expect(fieldChanges(null, { url: 'https://a.example', events: ['a', 'b'], deleted_at: null })).toEqual([
      { path: 'url', before: null, after: literal('https://a.example') },
      { path: 'events', before: null, after: literal('a\nb') },
    ]);
    expect(fieldChanges({ name: 'gone' }, null)).toEqual([
      { path: 'name', before: literal('gone'), after: null },
    ]);
    expect(fieldChanges(null, null)).toEqual([]);
  });

  it('names what is within a field, of fields that this page does not know too', () => {
    expect(
      fieldChanges(
        { secret: { fingerprint: '0a1b2c3d' }, former_secrets: [], filter: null },
        {
          secret: { fingerprint: '4e5f6071' },
          former_secrets: [{ secret: { fingerprint: '0a1b2c3d' } }],
          filter: { any: [{ 'data.score': [{ '>=': 80 }] }] },
        },
      ),
    ).toEqual([
      { path: 'secret.fingerprint', before: literal('0a1b2c3d'), after: literal('4e5f6071') },
      { path: 'former_secrets', before: word('none'), after: null },
      { path: 'filter', before: word('none'), after: null },
      { path: 'former_secrets.1.secret.fingerprint', before: null, after: literal('0a1b2c3d') },
      { path: 'filter.any.1.data.score.1', before: null, after: literal('{">=":80}') },
    ]);
  });

  it('is shown of any two objects, and no field is lost', () => {
    const object = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { noNullPrototype: true });
    fc.assert(
      fc.property(object, object, (before, after) => {
        const paths = fieldChanges(before, after).map(({ path }) => path);
        for (const name of [...Object.keys(before), ...Object.keys(after)]) {
          expect(paths.some((path) => path.startsWith(name))).toBe(true);
        }
      }),
    );
  });
});

describe('two texts', () => {
  it('are cut where they differ, and never within a character', () => {
    expect(differingTexts('https://a.example/hook', 'https://a.example/new/hook')).toEqual({
      start: 'https://a.example/',
      before: '',
      after: 'new/',
      end: 'hook',
    });
    expect(differingTexts('👩‍🚀', '👩‍🔬')).toEqual({ start: '', before: '👩‍🚀', after: '👩‍🔬', end: '' });
  });

  it('are the whole texts when put together again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        const { start, before, after, end } = differingTexts(one, other);
        expect([start + before + end, start + after + end]).toEqual([one, other]);
      }),
    );
  });
});
