import fc from 'fast-check';

import { numbersIn } from './json-numbers.js';

const all = (text: string) => numbersIn(text, () => true, Number.POSITIVE_INFINITY);

/** The path of each number within a value, in the order in which `JSON.stringify` writes them. */
function paths(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value === 'number') return [[...at]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => paths(each, [...at, key]));
}

describe('the numbers in a JSON text are found', () => {
  it('with their paths, however the text is spaced and whatever the strings in it hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const read: unknown = JSON.parse(text);
        expect(all(text).map(({ path }) => path)).toEqual(paths(read));
        expect(all(text).map(({ source }) => Number(source))).toEqual(
          paths(read).map((path) =>
            path.reduce<unknown>((holder, key) => (holder as Record<string, unknown>)[key], read),
          ),
        );
      }),
    );
  });

  it('as they are written', () => {
    const sources = ['-0', '1.50', '1E+2', '9007199254740993', '5e-324'];
    expect(all(`[${sources.join(' , ')}]`).map(({ source }) => source)).toEqual(sources);
    expect(all('42')).toEqual([{ source: '42', path: [] }]);
  });

  it('under keys with escapes, as they read', () => {
    expect(all(String.raw`{"\u0061\"b":{"":1}}`)).toEqual([{ source: '1', path: ['a"b', ''] }]);
  });

  it('up to so many of those that are wanted, and nothing is looked at behind them', () => {
    const asked: string[] = [];
    const isWanted = (source: string): boolean => {
      asked.push(source);
      return source.length > 1;
    };
    expect(numbersIn('[1,22,3,44,5,66]', isWanted, 2).map(({ path }) => path)).toEqual([['1'], ['3']]);
    expect(asked).toEqual(['1', '22', '3', '44']);
  });
});
