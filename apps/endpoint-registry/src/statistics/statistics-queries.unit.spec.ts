import { wholeNumbers } from './statistics-queries.js';

it.each([
  ['{}', []],
  ['{0}', [0]],
  ['{1,20,0,345}', [1, 20, 0, 345]],
  ['{9007199254740991}', [9_007_199_254_740_991]],
])('an array of PostgreSQL, %s, is read as numbers', (text, numbers) => {
  expect(wholeNumbers(text)).toEqual(numbers);
});
