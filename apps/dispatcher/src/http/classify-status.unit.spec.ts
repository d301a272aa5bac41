import fc from 'fast-check';

import { classifyStatus } from './classify-status.js';

const URL_OF_ENDPOINT = 'https://user.example.com:8443/hooks/skillora?token=secret';
const REQUEST = { url: URL_OF_ENDPOINT, requestBytes: 153_602, location: undefined };

const detailOf = (status: number, location?: string | string[]): string =>
  classifyStatus(status, { ...REQUEST, location })?.errorDetail ?? '';

describe('a status', () => {
  it.each([200, 201, 204, 299])('of success is no failure: %i', (status) => {
    expect(classifyStatus(status, REQUEST)).toBeNull();
  });

  it.each([
    [400, 'The server answered with status 400 (Bad Request).'],
    [404, 'The server answered with status 404 (Not Found).'],
    [
      401,
      "The server answered with status 401 (Unauthorized). It may have refused the signature: check that it verifies with the endpoint's present secret, over the exact bytes of the body.",
    ],
    [
      405,
      'The server answered with status 405 (Method Not Allowed). Webhooks are sent by POST, which it does not take at this path.',
    ],
    [
      410,
      'The server answered with status 410 (Gone). It says that it is gone for good, so no further attempt is made.',
    ],
    [
      413,
      'The server answered with status 413 (Payload Too Large). The body has 153,602 bytes, more than it takes. Such limits are set in its framework (Express and NestJS: 100 kB unless changed), or in a proxy in front of it (nginx: 1 MB).',
    ],
    [
      415,
      'The server answered with status 415 (Unsupported Media Type). Webhooks are sent as application/json, which it does not take.',
    ],
    [599, 'The server answered with status 599.'],
  ])('%i says what helps to mend it', (status, errorDetail) => {
    expect(classifyStatus(status, REQUEST)).toEqual({ error: 'http_status', errorDetail });
  });

  it('403 says the same as 401', () => {
    expect(detailOf(403)).toBe(detailOf(401).replace('401 (Unauthorized)', '403 (Forbidden)'));
  });
});

describe('a redirect', () => {
  const to = (where: string): string =>
    `The server answered with a redirect, status 301 (Moved Permanently)${where}, and redirects are not followed.`;

  it.each([
    ['https://other.example.com/a/b', 'https://other.example.com/a/b'],
    ['https://USER.example.com:443', 'https://user.example.com/'],
    ['/login', 'https://user.example.com:8443/login'],
    ['other', 'https://user.example.com:8443/hooks/other'],
    ['//cdn.example.com/x', 'https://cdn.example.com/x'],
    ['', 'https://user.example.com:8443/hooks/skillora'],
    ['http://[2606:4700::1111]:81/x', 'http://[2606:4700::1111]:81/x'],
    ['https://me:password@other.example.com/x', 'https://other.example.com/x'],
    ['https://other.example.com/x?token=secret#fragment', 'https://other.example.com/x'],
    ['https://bücher.example/ä\u202e\u0007x', 'https://xn--bcher-kva.example/%C3%A4%E2%80%AE%07x'],
    ['https://other.exa\nmple.com/\t<b>', 'https://other.example.com/%3Cb%3E'],
  ])('to %j says where to, and nothing that is secret', (location, where) => {
    expect(detailOf(301, location)).toBe(to(` to ${where}`));
  });

  it('to an address in raw UTF-8 says the address that was meant', () => {
    const asRead = (text: string): string => Buffer.from(text).toString('latin1');
    expect(detailOf(301, asRead('https://bücher.example/ä'))).toBe(
      to(' to https://xn--bcher-kva.example/%C3%A4'),
    );
    expect(detailOf(301, '/\xe4')).toBe(to(' to https://user.example.com:8443/%C3%A4'));
  });

  it.each([
    ['javascript:alert(1)'],
    ['data:text/plain,x'],
    ['https://'],
    ['http://[::1'],
    ['mailto:me@example.com'],
  ])('to %j, which is no address of the web, says no more than that it is one', (location) => {
    expect(detailOf(301, location)).toBe(to(''));
  });

  it('without a Location, or with several, says no more than it knows', () => {
    expect(detailOf(301)).toBe(to(''));
    expect(detailOf(301, ['https://one.example.com/', 'https://two.example.com/'])).toBe(
      to(' to https://one.example.com/'),
    );
  });

  it('to a very long address is shown in short', () => {
    const detail = detailOf(301, `https://other.example.com/${'a'.repeat(10_000)}`);
    expect(detail).toContain(`https://other.example.com/${'a'.repeat(100)}`);
    expect(detail).toContain('a…, and redirects');
    expect(detail.length).toBeLessThan(400);
  });

  it('to anything is shown in printable characters, without what follows the path', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })),
        (location) => {
          const detail = detailOf(307, location);
          expect(detail).toMatch(/^[ -~…]+$/);
          expect(detail).not.toMatch(/[?#]|token/);
          expect(detail.length).toBeLessThan(400);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of 304 is none: it answers a question that was not asked', () => {
    expect(classifyStatus(304, { ...REQUEST, location: '/x' })).toEqual({
      error: 'http_status',
      errorDetail: 'The server answered with status 304 (Not Modified).',
    });
  });
});
