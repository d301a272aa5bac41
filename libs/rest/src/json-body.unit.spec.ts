import { nestedDeeperThan, parseJsonBody } from './json-body.js';
import { Refusal } from './problems.js';

describe('a JSON body', () => {
  it('is read, an empty one as nothing', () => {
    expect(parseJsonBody('{"a":[1]}')).toEqual({ a: [1] });
    expect(parseJsonBody(' \n')).toBeUndefined();
  });

  it.each(['{', 'nonsense', '['.repeat(100_000) + ']'.repeat(100_000)])(
    'is refused when malformed: %.10s',
    (text) => {
      expect(() => parseJsonBody(text)).toThrow(Refusal);
    },
  );

  it('is as deep as its deepest value', () => {
    expect(nestedDeeperThan([[[1]]], 3)).toBe(false);
    expect(nestedDeeperThan([[[1]]], 2)).toBe(true);
  });
});
