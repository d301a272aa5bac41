import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import { SealedSecretError, SecretBox } from './secret-box.js';

const key = (): string => randomBytes(32).toString('base64');
const ENDPOINT = '123e4567-e89b-12d3-a456-426614174000';
const secrets = fc.string({ unit: 'binary', maxLength: 255 });

describe('a secret box', () => {
  it('opens what it sealed', () => {
    const box = SecretBox.fromSetting(key());
    fc.assert(
      fc.property(secrets, fc.uuid(), (secret, endpoint) => {
        expect(box.open(box.seal(secret, endpoint), endpoint)).toBe(secret);
      }),
    );
  });

  it('writes v1, the key id, the nonce, and the ciphertext with its tag', () => {
    const box = SecretBox.fromSetting(key());
    const [version, keyId, nonce, ciphertext, ...rest] = box.seal('a secret phrase', ENDPOINT).split('.');
    expect(version).toBe('v1');
    expect(keyId).toBe(box.keyId);
    expect(keyId).toMatch(/^[0-9a-f]{8}$/);
    expect(Buffer.from(nonce!, 'base64url')).toHaveLength(12);
    expect(Buffer.from(ciphertext!, 'base64url')).toHaveLength('a secret phrase'.length + 16);
    expect(rest).toEqual([]);
  });

  it('opens what an earlier release of this system sealed', () => {
    const box = SecretBox.fromSetting(Buffer.alloc(32, 7).toString('base64'));
    expect(box.open(RECORDED, ENDPOINT)).toBe('whsec_recorded once, to open for ever');
  });

  it('takes a fresh nonce each time', () => {
    const box = SecretBox.fromSetting(key());
    const sealed = Array.from({ length: 200 }, () => box.seal('the same secret', ENDPOINT));
    expect(new Set(sealed.map((text) => text.split('.')[2])).size).toBe(200);
  });

  it('does not open a secret that was moved to another endpoint', () => {
    const box = SecretBox.fromSetting(key());
    const sealed = box.seal('a secret phrase', ENDPOINT);
    expect(() => box.open(sealed, ENDPOINT.replace('1', '2'))).toThrow(SealedSecretError);
  });

  it('does not open a text of which any one character was changed', () => {
    const box = SecretBox.fromSetting(key());
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    fc.assert(
      fc.property(
        secrets,
        fc.nat(),
        fc.constantFrom(...Array.from(alphabet)),
        (secret, position, character) => {
          const sealed = box.seal(secret, ENDPOINT);
          const at = position % sealed.length;
          fc.pre(sealed[at] !== character);
          const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
          expect(() => box.open(changed, ENDPOINT)).toThrow(SealedSecretError);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not open a text that was cut or lengthened', () => {
    const box = SecretBox.fromSetting(key());
    const sealed = box.seal('a secret phrase', ENDPOINT);
    for (let length = 0; length < sealed.length; length++) {
      expect(() => box.open(sealed.slice(0, length), ENDPOINT)).toThrow(SealedSecretError);
    }
    for (const tail of ['A', 'AA', '=', '.', '\n', ' ']) {
      expect(() => box.open(sealed + tail, ENDPOINT)).toThrow(SealedSecretError);
    }
  });

  it('turns down any other text with an error of its own', () => {
    const box = SecretBox.fromSetting(key());
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => box.open(text, ENDPOINT)).toThrow(SealedSecretError);
      }),
    );
  });
});

describe('the keys of a secret box', () => {
  it('rotate: the first seals, all of them open', () => {
    const [old, current] = [key(), key()];
    const before = SecretBox.fromSetting(old);
    const during = SecretBox.fromSetting(`${current}, ${old}`);
    const after = SecretBox.fromSetting(current);
    const sealedBefore = before.seal('sealed before', ENDPOINT);
    const sealedDuring = during.seal('sealed during', ENDPOINT);
    expect(during.open(sealedBefore, ENDPOINT)).toBe('sealed before');
    expect(after.open(sealedDuring, ENDPOINT)).toBe('sealed during');
    expect(during.keyId).toBe(after.keyId);
  });

  it('are told by their ids, the one that seals first, and so is what it sealed from what others did', () => {
    const [old, current] = [key(), key()];
    const before = SecretBox.fromSetting(old);
    const during = SecretBox.fromSetting(`${current},${old}`);
    expect(during.keyIds).toEqual([during.keyId, before.keyId]);
    expect(during.isCurrent(during.seal('a secret phrase', ENDPOINT))).toBe(true);
    expect(during.isCurrent(before.seal('a secret phrase', ENDPOINT))).toBe(false);
  });

  it('are named in the error when the one wanted is missing, and nothing secret is', () => {
    const [old, current] = [key(), key()];
    const before = SecretBox.fromSetting(old);
    const after = SecretBox.fromSetting(current);
    const sealed = before.seal('a secret phrase', ENDPOINT);
    const open = (): string => after.open(sealed, ENDPOINT);
    expect(open).toThrow(new RegExp(`key ${before.keyId}.*SECRETS_KEY.*${after.keyId}`));
    expect(open).not.toThrow(/a secret phrase/);
    expect(open).not.toThrow(current);
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['hex', randomBytes(32).toString('hex')],
    ['a phrase', 'correct horse battery staple'],
    ['a second key that is none', `${Buffer.alloc(32, 1).toString('base64')},nonsense`],
    ['an empty place', `${Buffer.alloc(32, 1).toString('base64')},`],
  ])('may not be %s, and the error is one line without the value', (_, value) => {
    let message = '';
    try {
      SecretBox.fromSetting(value);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/^must be 32 bytes in base64.*openssl rand -base64 32\)$/);
    for (const part of value.split(',').filter((text) => text !== '')) expect(message).not.toContain(part);
  });

  it('may be written without padding', () => {
    const padded = key();
    expect(SecretBox.fromSetting(padded.replace('=', '')).keyId).toBe(SecretBox.fromSetting(padded).keyId);
  });
});

/**
 * Sealed once with the key of 32 sevens; the format of stored secrets may not change under a running
 * installation.
 */
const RECORDED =
  'v1.e4be4e36.VvvbJgb3sLhDMCoY.hyKZpsN1bxf7zFPpwH_7x3x3u6d7EhKrO0sO14Rhvoo9p9n01n1s9xNbwqzJGH0mMtIrkX0';
