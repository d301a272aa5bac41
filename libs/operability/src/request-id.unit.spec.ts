import { requestIdOf } from './request-id.js';

const idOf = (given: string | undefined): string =>
  requestIdOf({ headers: given === undefined ? {} : { 'x-request-id': given } });
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('the id of a request', () => {
  it.each([
    '4f8f3b0a-6a0e-4c57-8f5b-1d0f5f1f8a21',
    'Root=1-67891233-abcdef012345678912345678',
    'a/b:c+d=@~._-',
  ])('is what the request brought: %s', (given) => {
    expect(idOf(given)).toBe(given);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['too long a text', 'x'.repeat(129)],
    ['a line break', 'a\nb'],
    ['markup', '<script>'],
    ['two of them', 'a, b'],
    ['what is not ASCII', 'ä'],
  ])('is made where it brought %s', (_what, given) => {
    expect(idOf(given)).toMatch(UUID);
  });
});
