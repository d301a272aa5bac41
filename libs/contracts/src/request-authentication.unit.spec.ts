import { type AuthenticationField, authenticationProblem } from './request-authentication.js';

describe('a field of authentication', () => {
  it.each<[AuthenticationField, string]>([
    ['token', 'eyJhbGciOi.J9._-~+/=='],
    ['username', 'jürgen@example.com'],
    ['password', ''],
    ['password', 'a pass: with "everything" – 密码'],
    ['client_id', 'an id with spaces'],
    ['client_secret', '%&=+ ~'],
    ['scope', 'webhooks:write other'],
    ['audience', 'https://api.example.com/'],
    ['token_url', 'https://login.example.com/token?tenant=1'],
  ])('%s may be %j', (field, text) => expect(authenticationProblem(field, text)).toBeNull());

  it.each<[AuthenticationField, string]>([
    ['token', ''],
    ['token', 'a b'],
    ['token', 'a\r\nX-Injected: b'],
    ['token', 'é'],
    ['token', 'x'.repeat(4_097)],
    ['username', ''],
    ['username', 'a:b'],
    ['username', 'a\nb'],
    ['username', 'x'.repeat(256)],
    ['password', 'a\u0000'],
    ['password', '\ud83d'],
    ['password', 'x'.repeat(1_025)],
    ['client_id', 'é'],
    ['client_secret', ''],
    ['client_secret', 'a\nb'],
    ['scope', 'a  b'],
    ['scope', ' a'],
    ['scope', '"a"'],
    ['audience', 'a b'],
    ['token_url', 'https://login.example.com/#token'],
  ])('%s is not %j', (field, text) => expect(authenticationProblem(field, text)).toMatch(/\.$/));
});
