import { secretFingerprint, signedWith } from './secret-fingerprint.js';

describe('the fingerprint of a secret', () => {
  it('is the beginning of the SHA-256 of its text', () => {
    // NIST's example for SHA-256, FIPS 180-4.
    expect(secretFingerprint('abc')).toBe('ba7816bf');
    expect(secretFingerprint('whsec_abc')).not.toBe(secretFingerprint('abc'));
  });

  it('stands for each secret that signs, the newest first, and is made once', () => {
    const secrets = { current: 'abc', former: ['b', 'c'] };
    expect(signedWith(secrets)).toEqual(['abc', 'b', 'c'].map(secretFingerprint));
    expect(signedWith(secrets)).toBe(signedWith(secrets));
  });
});
