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

  it('is not parsed when it is longer than 2,048 bytes, because a host in Unicode takes long', () => {
    const parsed = jest.spyOn(URL, 'parse');
    expect(redirectTarget(`https://${'x'.repeat(2_048)}.example/`, POSTED)).toBeNull();
    expect(parsed).not.toHaveBeenCalled();
    parsed.mockRestore();
  });
});
