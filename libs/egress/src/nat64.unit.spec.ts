import { parseNat64Prefixes } from './nat64.js';

describe('the prefixes of translators', () => {
  it('are address blocks of IPv6, separated by commas', () => {
    expect(parseNat64Prefixes('').length).toBe(0);
    expect(
      parseNat64Prefixes('64:ff9b:1:fffe::/96, 2a00:db8:122::/48').map(({ prefixLength }) => prefixLength),
    ).toEqual([96, 48]);
  });

  it.each([
    ['no block', 'x', /must be address blocks/],
    [
      'of IPv4',
      '10.0.0.0/8',
      /entry 1 of 1 must be an IPv6 block of 32, 40, 48, 56, 64 or 96 bits \(RFC 6052\)/,
    ],
    [
      'of a length that no translator has',
      '64:ff9b::/96,2a00:db8::/33',
      /entry 2 of 2 must be an IPv6 block/,
    ],
    ['a single address', '64:ff9b::1', /must be an IPv6 block/],
    ['longer than its bits', '2a00:db8:122:1::/48', /bits set beyond its prefix/],
    ['with a bit of 64 to 71', '2a00:db8:122:1:100::/96', /entry 1 of 1 has a bit of 64 to 71 set/],
  ])('are refused with a reason: %s', (_, text, problem) => {
    expect(() => parseNat64Prefixes(text)).toThrow(problem);
  });
});
