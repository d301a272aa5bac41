import { generateToken, hashToken } from './api-token.js';

describe('an API token', () => {
  it('holds 32 random bytes and needs no quoting anywhere', () => {
    const tokens = Array.from({ length: 100 }, generateToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^sk_[A-Za-z0-9_-]{43}$/);
  });

  it('is stored as its SHA-256 in lower-case hex', () => {
    // FIPS 180-4, the example for one block.
    expect(hashToken('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
