import fc from 'fast-check';

import { rangeOf } from '../special-purpose-block.js';
import { IPV4_OTHER_FORBIDDEN, IPV4_SPECIAL_PURPOSE_REGISTRY } from '../special-purpose-ipv4.js';
import { IPV6_OTHER_FORBIDDEN, IPV6_SPECIAL_PURPOSE_REGISTRY } from '../special-purpose-ipv6.js';

const octet = fc.oneof(
  fc.nat(255).map(String),
  fc.nat(255).map((n) => `0x${n.toString(16)}`),
  fc.nat(255).map((n) => `0${n.toString(8)}`),
);
const number = fc.nat(0xffffffff);
const dot = fc.constantFrom('.', '.', '.', '。', '．', '｡', '%2e');
const inBrackets = (address: string): string => (address.includes(':') ? `[${address}]` : address);

/** The first address of a reserved block. */
export const setAsideAddresses: fc.Arbitrary<string> = fc
  .constantFrom(
    ...IPV4_SPECIAL_PURPOSE_REGISTRY,
    ...IPV4_OTHER_FORBIDDEN,
    ...IPV6_SPECIAL_PURPOSE_REGISTRY,
    ...IPV6_OTHER_FORBIDDEN,
  )
  .map((block) => rangeOf(block).network.toString());

/** A translator's prefix in the block for local use (RFC 8215), without its length of 96 bits. */
export const LOCAL_PREFIX = '64:ff9b:1:fffe::';

/** Addresses that a translator reads as IPv4 addresses, public and reserved. */
export const carriedAddresses: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('64:ff9b::', LOCAL_PREFIX),
    fc.oneof(
      fc.ipV4(),
      setAsideAddresses.filter((address) => !address.includes(':')),
    ),
  )
  .map((parts) => parts.join(''));

/**
 * Texts that are URLs or nearly so; their hosts are addresses in every notation, names, or arbitrary text.
 */
export const urlTexts: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      'http://',
      'https://',
      'HTTP://',
      'http:',
      'http:\\\\',
      'http://user@',
      'https://u:p@',
      '',
    ),
    fc.oneof(
      fc.tuple(octet, dot, octet, dot, octet, dot, octet).map((parts) => parts.join('')),
      fc.tuple(octet, dot, octet).map((parts) => parts.join('')),
      number.map(String),
      number.map((n) => `0x${n.toString(16)}`),
      setAsideAddresses.map(inBrackets),
      carriedAddresses.map(inBrackets),
      fc.ipV6().map((address) => `[${address}]`),
      fc.ipV4().map((address) => `[::ffff:${address}]`),
      fc.ipV4().map((address) => `${address}.`),
      fc.constantFrom('localhost', 'LOCALHOST.', 'api.localhost', '%6cocalhost', '①②⑦.⓪.⓪.①'),
      fc.domain(),
      fc.domain().map((name) => `${name}.`),
      fc.domain(),
      fc.string(),
    ),
    fc.constantFrom('', '/', ':80/x', ':0/', ':65535'),
  )
  .map((parts) => parts.join(''));
