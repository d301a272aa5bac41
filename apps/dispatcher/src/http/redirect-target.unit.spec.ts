import { jest } from '@jest/globals';

import { redirectTarget } from './redirect-target.js';

const POSTED = 'https://receiver.example/hook?token=1';

describe('the target of a redirect', () => {
  it('is the address without credentials, query and fragment', () => {
    expect(redirectTarget('https://user:password@other.example/new?secret=1#part', POSTED)).toBe(
      'https://other.example/new',
    );
  });

  it('is resolved against the URL that was posted to', () => {
    expect(redirectTarget('/login', POSTED)).toBe('https://receiver.example/login');
  });

  it('is read from the first 2,048 bytes, because a long host in Unicode takes the parser long', () => {
    const parsed = jest.spyOn(URL, 'parse');
    expect(redirectTarget(`https://other.example/${'x'.repeat(5_000)}`, POSTED)).toMatch(
      /^https:\/\/other\.example\/x+…$/,
    );
    expect(parsed.mock.calls.map(([text]) => text.length)).toEqual([2_048]);
    parsed.mockRestore();
  });
});
