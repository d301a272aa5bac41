import fc from 'fast-check';

import { generateSecret, secretProblem } from './endpoint-secret.js';

describe('a generated secret', () => {
  it('is whsec_ and 32 bytes in base64', () => {
    const secret = generateSecret();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(Buffer.from(secret.slice('whsec_'.length), 'base64')).toHaveLength(32);
  });

  it('is another one each time, and passes the rule for custom ones', () => {
    const secrets = Array.from({ length: 100 }, generateSecret);
    expect(new Set(secrets).size).toBe(100);
    expect(secrets.map(secretProblem)).toEqual(secrets.map(() => null));
  });
});

describe('a custom secret', () => {
  it.each([
    ['of 16 characters', 'x'.repeat(16)],
    ['of 255 characters', 'x'.repeat(255)],
    ['of 255 characters outside the basic plane', '🔑'.repeat(255)],
    ['with spaces, quotes and backslashes', `it's a "secret" \\ phrase`],
    ['with spaces at its ends, which are part of the key', '  sixteen letters  '],
    ['in any script', 'пароль-密码-كلمة-سر-2024'],
  ])('may be one %s', (_, secret) => {
    expect(secretProblem(secret)).toBeNull();
  });

  it('is counted in characters, not in UTF-16 code units', () => {
    expect(secretProblem('🔑'.repeat(15))).toMatch(/at least 16/);
    expect(secretProblem('🔑'.repeat(256))).toMatch(/no more than 255/);
  });

  it.each([
    ['too short', 'x'.repeat(15), /at least 16/],
    ['empty', '', /at least 16/],
    ['too long', 'x'.repeat(256), /no more than 255/],
    ['far too long', 'x'.repeat(5_000_000), /no more than 255/],
    ['not text: a number', 1234567890123456, /valid string/],
    ['not text: null', null, /valid string/],
    ['not text: nothing', undefined, /valid string/],
    ['not text: a list', ['x'.repeat(16)], /valid string/],
  ])('may not be %s', (_, secret, problem) => {
    expect(secretProblem(secret)).toMatch(problem);
  });

  it.each([
    ['NUL, which PostgreSQL cannot hold', '\0'],
    ['a line break', '\n'],
    ['a tab', '\t'],
    ['DEL', '\x7f'],
    ['a C1 control', '\x85'],
    ['a zero-width space', '\u200b'],
    ['a byte order mark', '\ufeff'],
    ['a direction override', '\u202e'],
    ['a no-break space', '\u00a0'],
    ['a line separator', '\u2028'],
    ['a private-use character', '\ue000'],
    ['an unassigned character', '\u{e0fff}'],
    ['a lone high surrogate', '\ud83d'],
    ['a lone low surrogate', '\udd11'],
  ])('may not hold %s', (_, character) => {
    expect(secretProblem(`${'x'.repeat(10)}${character}${'x'.repeat(10)}`)).toMatch(/printable/);
  });

  it('that is accepted survives UTF-8, JSON and PostgreSQL unchanged, and one that would not is refused', () => {
    const anyCodeUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
    const printable = fc.constantFrom('a', 'é', '密', '🔑', '"', '\\', ' ');
    const texts = fc.string({
      unit: fc.oneof({ arbitrary: printable, weight: 60 }, { arbitrary: anyCodeUnit, weight: 1 }),
      minLength: 16,
      maxLength: 120,
    });
    fc.assert(
      fc.property(texts, (secret) => {
        const survives =
          !secret.includes('\0') &&
          JSON.parse(JSON.stringify(secret)) === secret &&
          Buffer.from(secret, 'utf8').toString('utf8') === secret;
        expect(secretProblem(secret) === null && !survives).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('of printable ASCII is always accepted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', minLength: 16, maxLength: 255 }), (secret) => {
        expect(secretProblem(secret)).toBeNull();
      }),
    );
  });
});
