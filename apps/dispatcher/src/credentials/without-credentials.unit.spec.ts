import fc from 'fast-check';

import { MASK, withoutCredentials } from './without-credentials.js';

const SECRET = 'a "secret" of ours';

describe('a text of a receiver', () => {
  it('is without the credentials that it repeats, also as JSON has them', () => {
    expect(withoutCredentials(`X: ${SECRET}; ${JSON.stringify({ x: SECRET })}`, [SECRET])).toBe(
      `X: ${MASK}; {"x":"${MASK}"}`,
    );
  });

  it('is without the beginning of one at its end, where it may have been cut', () => {
    expect(withoutCredentials(`X: ${SECRET.slice(0, 7)}`, [SECRET])).toBe(`X: ${MASK}`);
  });

  it('stays as it is without them, and short values stay', () => {
    expect(withoutCredentials('all is well', [SECRET, 'prod', ''])).toBe('all is well');
    expect(withoutCredentials('prod', ['prod'])).toBe('prod');
  });

  it('holds no credential, wherever it was', () => {
    const secrets = fc.stringMatching(/^[!-~]{8,40}$/);
    fc.assert(
      fc.property(fc.string(), secrets, fc.string(), (before, secret, after) => {
        fc.pre(!secret.includes('*'));
        expect(withoutCredentials(before + secret + after, [secret])).not.toContain(secret);
      }),
    );
  });
});
