import { jest } from '@jest/globals';
import fc from 'fast-check';
import { isIP } from 'node:net';

import { isForbiddenAddress } from './address-problem.js';
import { parseCidrs } from './cidr.js';
import type { EgressPolicy } from './egress-policy.js';
import { REFUSED_PORTS } from './refused-ports.js';
import { MAX_URL_LENGTH, parseTargetUrl, targetUrlPattern } from './target-url.js';
import { urlTexts } from './testing/url-texts.js';

const HTTPS_ONLY: EgressPolicy = { allowHttp: false, allowedCidrs: [] };
const WITH_HTTP: EgressPolicy = { allowHttp: true, allowedCidrs: [] };
const LOOPBACK: EgressPolicy = { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8,::1/128') };

const problemOf = (text: string, policy = WITH_HTTP): string | null => {
  const parsed = parseTargetUrl(text, policy);
  return 'problem' in parsed ? parsed.problem : null;
};

describe('the URL of a target', () => {
  it.each([
    'https://example.com',
    'https://example.com/webhooks/skillora?tenant=1&x=%20',
    'https://example.com:8443/',
    'HTTPS://EXAMPLE.COM/',
    'https://example.com./hook',
    'https://my_host.example.com/',
    'https://xn--bcher-kva.example/',
    'https://bücher.example/',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://example.com/#section',
    'https://example.com/a@b?c=d@e',
    'https://localhost.example.com/',
    'https://mylocalhost/',
  ])('may be %s', (text) => {
    expect(problemOf(text, HTTPS_ONLY)).toBeNull();
  });

  it('is handed back as parsed', () => {
    const parsed = parseTargetUrl('HTTPS://Example.com:443/a?b', HTTPS_ONLY);
    expect('url' in parsed && parsed.url.href).toBe('https://example.com/a?b');
  });

  it('may be http only where the operator allows it', () => {
    expect(problemOf('http://example.com/', WITH_HTTP)).toBeNull();
    expect(problemOf('http://example.com/', HTTPS_ONLY)).toBe('The URL must start with https://.');
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,x',
    'ws://example.com/',
    'gopher://example.com/',
    'unix:/var/run/docker.sock',
    'blob:https://example.com/1',
  ])('may not have another scheme: %s', (text) => {
    expect(problemOf(text)).not.toBeNull();
  });

  it.each([
    ['', /valid URL/],
    ['example.com', /valid URL/],
    ['//example.com/', /valid URL/],
    ['https:example.com', /valid URL/],
    ['https:/example.com', /valid URL/],
    ['https:///example.com', /valid URL/],
    ['https://', /valid URL/],
    ['https://?', /valid URL/],
    ['https://exa<mple.com/', /valid URL/],
    ['https://[::1', /valid URL/],
    ['https://example.com:65536/', /valid URL/],
    ['https://1.2.3.4.5/', /valid URL/],
    ['https://example.com:0/', /port 0/],
    ['https://user:password@example.com/', /user name or password/],
    ['https://user@example.com/', /user name or password/],
    ['https://@example.com/', /user name or password/],
    ['https://:@example.com/', /user name or password/],
    ['https://example.com@127.0.0.1/', /user name or password/],
    [' https://example.com/', /spaces/],
    ['https://example.com/a b', /spaces/],
    ['https://example.com/\n', /spaces/],
    ['https://exa\tmple.com/', /spaces/],
    ['https://example.com/\0', /control characters/],
    ['https://example.com/\ud800', /control characters/],
    ['https:\\\\example.com\\', /backslashes/],
    ['https://example.com\\@127.0.0.1/', /backslashes/],
    ['https://example..com/', /host name/],
    ['https://example.com../', /host name/],
    ['https://.example.com/', /host name/],
    ['https://./', /host name/],
    [`https://${'a'.repeat(64)}.com/`, /host name/],
    [`https://${'a.'.repeat(127)}com/`, /host name/],
    ['https://exam(ple).com/', /host name/],
    ['https://example.com;x/', /host name/],
  ])('may not be %j', (text, problem) => {
    expect(problemOf(text)).toMatch(problem);
  });

  it('may not have a port that browsers refuse, as Fetch lists them', async () => {
    expect(REFUSED_PORTS.size).toBe(83);
    for (const port of REFUSED_PORTS) {
      const url = `http://example.com:${port}/hook`;
      expect(problemOf(url)).toBe(
        `The URL must not have port ${port}: other protocols than HTTP are spoken there.`,
      );
      // Node's own fetch refuses them before it connects. Port 0 joined the list later than its copy.
      if (port === 0) continue;
      const refusal = await fetch(url).catch((error: unknown) => (error as Error).cause);
      expect(String(refusal)).toContain('bad port');
    }
  });

  it.each([
    'https://example.com:443/',
    'http://example.com:80/',
    'https://example.com:8443/',
    'https://example.com:3000/',
  ])('may have a port beside those: %s', (text) => {
    expect(problemOf(text)).toBeNull();
  });

  it('may not lead to an address that the operator forbids, though it is public or exempt', () => {
    const policy = { ...LOOPBACK, forbiddenCidrs: parseCidrs('8.8.8.0/24,127.0.0.0/8,::1/128') };
    for (const host of ['8.8.8.8', '127.0.0.1', '[64:ff9b::808:808]']) {
      expect(problemOf(`http://${host}/`, policy)).toMatch(/must lead to a public address/);
    }
    expect(problemOf('http://localhost/', policy)).toMatch(/localhost is not one/);
    expect(problemOf('http://8.8.4.4/', policy)).toBeNull();
  });

  it('has 2,048 characters at most', () => {
    const start = 'https://example.com/';
    expect(problemOf(start + 'a'.repeat(2_048 - start.length))).toBeNull();
    expect(problemOf(start + 'a'.repeat(2_049 - start.length))).toMatch(/no more than 2048/);
  });

  it.each([
    ['dotted decimal', '127.0.0.1'],
    ['a trailing dot', '127.0.0.1.'],
    ['a whole number', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['octal with padding', '00000177.0.0.01'],
    ['hexadecimal', '0x7f.0.0.1'],
    ['a whole hexadecimal number', '0x7f000001'],
    ['upper case', '0X7F000001'],
    ['two parts', '127.1'],
    ['three parts', '127.0.1'],
    ['mixed bases', '0x7f.1'],
    ['percent-encoding', '%31%32%37.0.0.1'],
    ['percent-encoded dots', '127%2e0%2e0%2e1'],
    ['full-width digits', '１２７.０.０.１'],
    ['ideographic full stops', '127。0。0。1'],
    ['half-width ideographic full stops', '127｡0｡0｡1'],
    ['full-width full stops', '127．0．0．1'],
    ['circled digits', '①②⑦.⓪.⓪.①'],
    ['mathematical digits', '𝟏𝟐𝟕.𝟎.𝟎.𝟏'],
    ['the unspecified address', '0'],
    ['the unspecified address, dotted', '0.0.0.0'],
    ['metadata as a number', '2852039166'],
    ['metadata in octal', '0251.0376.0251.0376'],
    ['metadata in two parts', '169.16689662'],
    ['broadcast', '4294967295'],
    ['IPv6', '[::1]'],
    ['IPv6 written out', '[0000:0000:0000:0000:0000:0000:0000:0001]'],
    ['IPv4-mapped IPv6', '[::ffff:127.0.0.1]'],
    ['IPv4-mapped IPv6 in hex', '[::FFFF:7f00:1]'],
    ['IPv4-compatible IPv6', '[::127.0.0.1]'],
    ['NAT64', '[64:ff9b::127.0.0.1]'],
    ['6to4', '[2002:7f00:1::]'],
    ['link-local IPv6', '[fe80::1]'],
    ['unspecified IPv6', '[::]'],
  ])('may not lead to a forbidden address in any spelling: %s', (_, host) => {
    for (const scheme of ['http', 'https']) {
      for (const tail of ['', '/', ':8080/hook', '?x']) {
        expect(problemOf(`${scheme}://${host}${tail}`)).toMatch(/must lead to a public address/);
      }
    }
  });

  it.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'api.localhost',
    'api.localhost.',
    'ｌｏｃａｌｈｏｓｔ',
    '%6cocalhost',
  ])('may be %s only where loopback is exempt', (host) => {
    expect(problemOf(`http://${host}:8080/`)).toMatch(/localhost is not one/);
    expect(problemOf(`http://${host}:8080/`, LOOPBACK)).toBeNull();
    expect(
      problemOf(`http://${host}:8080/`, { allowHttp: true, allowedCidrs: parseCidrs('10.0.0.0/8') }),
    ).toMatch(/localhost is not one/);
  });

  it('is not parsed when its host is too long for a name, because parsing one in Unicode is slow', () => {
    const parsed = jest.spyOn(URL, 'canParse');
    expect(problemOf(`https://${'ü'.repeat(513)}.example/`)).toBe(
      'The URL has a host name that is not valid.',
    );
    expect(parsed).not.toHaveBeenCalled();
    expect(problemOf(`https://${'ü'.repeat(40)}.example/${'x'.repeat(1_500)}`)).toBeNull();
    expect(parsed).toHaveBeenCalledTimes(1);
    parsed.mockRestore();
  });

  it('may lead to an exempt address in any spelling', () => {
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]']) {
      expect(problemOf(`http://${host}:9000/hook`, LOOPBACK)).toBeNull();
    }
    expect(problemOf('http://10.0.0.1/', LOOPBACK)).toMatch(/public address/);
  });

  it('that is accepted never has a forbidden address for its host, whatever the text', () => {
    let accepted = 0;
    fc.assert(
      fc.property(urlTexts, (text) => {
        const parsed = parseTargetUrl(text, WITH_HTTP);
        if ('problem' in parsed) return;
        accepted += 1;
        const { hostname, protocol, username, password } = parsed.url;
        const address = hostname.replace(/^\[|\]$/g, '');
        expect(isIP(address) !== 0 && isForbiddenAddress(address, { allowedCidrs: [] })).toBe(false);
        expect(hostname).not.toBe('');
        expect(['http:', 'https:']).toContain(protocol);
        expect(username + password).toBe('');
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

describe('the published pattern', () => {
  const published = new RegExp(targetUrlPattern({ withFragment: true }), 'u');
  const withoutFragment = new RegExp(targetUrlPattern({ withFragment: false }), 'u');
  const tails = fc.oneof(
    fc.constant(''),
    fc.tuple(fc.constantFrom('/', '?', '#'), fc.string({ unit: 'binary' })).map((parts) => parts.join('')),
  );

  it('fits every URL that is accepted, and with a fragment only where there may be one', () => {
    fc.assert(
      fc.property(fc.oneof(urlTexts, fc.webUrl({ withFragments: true })), tails, (text, tail) => {
        for (const policy of [HTTPS_ONLY, WITH_HTTP, LOOPBACK]) {
          if (problemOf(text + tail, policy) !== null) continue;
          expect(text + tail).toMatch(published);
          expect(withoutFragment.test(text + tail)).toBe(!(text + tail).includes('#'));
        }
      }),
    );
  });

  it.each([
    'ftp://example.com/',
    'https:/example.com/',
    'https://',
    'https://user@example.com/',
    'https://example.com/a b',
    'https://example.com/\u00a0',
    'https://example.com\\',
    'https://example.com/\n',
    ' https://example.com/',
  ])('does not fit %j', (text) => {
    expect(text).not.toMatch(published);
    expect(problemOf(text)).not.toBeNull();
  });
});

it('the length of a URL counts in characters', () => {
  const of = (characters: number): string => {
    const begin = 'https://example.com/';
    return begin + '🔑'.repeat(characters - begin.length);
  };
  expect(problemOf(of(MAX_URL_LENGTH))).toBeNull();
  expect(problemOf(of(MAX_URL_LENGTH + 1))).toMatch(/no more than 2048 characters/);
});
