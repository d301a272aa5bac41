import fc from 'fast-check';

import { KEPT_VALUE_LENGTH, keptHeaders } from '../http/kept-headers.js';
import { redirectTarget } from '../http/redirect-target.js';
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

  it('is without the beginning of one in a header whose value was cut', () => {
    const token = 'eyJhbGciOi'.repeat(60);
    const { 'x-echo': kept = '' } = keptHeaders({ 'x-echo': `Bearer ${token}` });
    expect(kept).toHaveLength(KEPT_VALUE_LENGTH);
    expect(withoutCredentials(kept, [token])).toBe(`Bearer ${MASK}…`);
  });

  it('is without the beginning of one in the target of a redirect, which is cut in the middle of a sentence', () => {
    const token = 'eyJhbGciOi'.repeat(60);
    const target = redirectTarget(`/login/${token}`, 'https://customer.example/hook') ?? '';
    expect(target).toMatch(/…$/);
    expect(withoutCredentials(`It redirects to ${target}; nothing follows.`, [token])).toBe(
      `It redirects to https://customer.example/login/${MASK}…; nothing follows.`,
    );
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
