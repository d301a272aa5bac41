import { firstFew } from './last-told.js';

it('of much that is missing the first ten are named, and how many more there are', () => {
  const lines = Array.from({ length: 12 }, (_, index) => `delivery ${index}`);
  expect(firstFew(lines)).toEqual([...lines.slice(0, 10), 'and 2 more']);
  expect(firstFew(lines.slice(0, 10), 84)).toEqual([...lines.slice(0, 10), 'and 74 more']);
  expect(firstFew(lines.slice(0, 3))).toEqual(lines.slice(0, 3));
});
