import fc from 'fast-check';

import { isUriReference } from './uri-reference.js';

describe('a URI-reference', () => {
  // Examples of RFC 3986 (§1.1.2, §5.4) and of the CloudEvents specification (source), and the edges of the
  // grammar.
  it.each([
    'https://github.com/cloudevents',
    'mailto:cncf-wg-serverless@lists.cncf.io',
    'urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66',
    '/cloudevents/spec/pull/123',
    'cloudevents/spec',
    '1-555-123-4567',
    '../g;x=1/y?y#s',
    '//example.org',
    '?q',
    '#',
    'ldap://[2001:db8::7]/c=GB?objectClass?one',
    'http://[v1.a:b]:8080/',
    'http://user:pass@example.org:/a%20b',
    'http://%C3%A9.example/',
    'file:///etc/hosts',
    './a:b',
    'a/b:c',
    "x:!$&'()*+,;=:@",
  ])('is %s', (text) => expect(isUriReference(text)).toBe(true));

  it.each([
    'a b',
    ' /a',
    '/services/größe',
    'http://bücher.example/',
    '/a%',
    '/a%2',
    '/a%zz',
    '1a:b',
    ':a',
    'a:b:c"',
    '<a>',
    '/a\\b',
    '/a|b',
    '/{a}',
    '/a^b',
    '/a`b',
    'http://[::1',
    'http://[::1]a/',
    'http://[fe80::1%25eth0]/',
    'http://[::g]/',
    'http://a[b]/',
    'http://a:b/',
    'http://a@b@c/',
    'http://a:1:2/',
    '#a#b',
    '/a\nb',
    '/\u202e',
  ])('is not %j', (text) => expect(isUriReference(text)).toBe(false));

  it('is every URL that the URL standard writes in ASCII without the characters that only it allows', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (url) => {
        expect(isUriReference(url)).toBe(true);
      }),
    );
  });

  it('holds none of the characters that RFC 3986 leaves out, wherever they stand', () => {
    const outside = fc.constantFrom(...Array.from('" <>\\^`{|}\u0000\u007f\u00e9\u{1f600}'));
    fc.assert(
      fc.property(fc.webUrl(), fc.nat(), outside, (url, place, character) => {
        const at = place % (url.length + 1);
        expect(isUriReference(url.slice(0, at) + character + url.slice(at))).toBe(false);
      }),
    );
  });
});
