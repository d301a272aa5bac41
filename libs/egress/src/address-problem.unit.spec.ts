import fc from 'fast-check';
import ipaddr from 'ipaddr.js';

import { addressProblem, isForbiddenAddress } from './address-problem.js';
import { contains, parseAddress, parseCidrs } from './cidr.js';
import { parseNat64Prefixes } from './nat64.js';
import { rangeOf } from './special-purpose-block.js';
import { IPV4_OTHER_FORBIDDEN, IPV4_SPECIAL_PURPOSE_REGISTRY } from './special-purpose-ipv4.js';
import { IPV6_OTHER_FORBIDDEN, IPV6_SPECIAL_PURPOSE_REGISTRY } from './special-purpose-ipv6.js';

const IPV4_BLOCKS = [...IPV4_SPECIAL_PURPOSE_REGISTRY, ...IPV4_OTHER_FORBIDDEN];
const ALL_BLOCKS = [...IPV4_BLOCKS, ...IPV6_SPECIAL_PURPOSE_REGISTRY, ...IPV6_OTHER_FORBIDDEN];
/** All but the one whose addresses are judged by those they carry. */
const REFUSED_WHOLE = ALL_BLOCKS.filter(({ block }) => block !== '64:ff9b::/96');

/** Any address of the block: its prefix, and random bits after it. */
function addressesOf(block: string): fc.Arbitrary<string> {
  const { network, prefixLength } = rangeOf({ block });
  const bytes = network.toByteArray();
  return fc.uint8Array({ minLength: bytes.length, maxLength: bytes.length }).map((random) => {
    const mixed = bytes.map((byte, index) => {
      const fixedBits = Math.min(8, Math.max(0, prefixLength - 8 * index));
      const hostMask = 0xff >> fixedBits;
      return (byte & ~hostMask & 0xff) | (random[index]! & hostMask);
    });
    return ipaddr.fromByteArray(mixed).toString();
  });
}

function lastAddressOf(block: string): string {
  const family = rangeOf({ block }).network.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return family.broadcastAddressFromCIDR(block).toString();
}

describe('a forbidden block', () => {
  it.each(REFUSED_WHOLE.map(({ block, name }) => [block, name] as const))(
    '%s (%s) is forbidden from its first address to its last',
    (block) => {
      const { network } = rangeOf({ block });
      expect(isForbiddenAddress(network.toString(), { allowedCidrs: [] })).toBe(true);
      expect(isForbiddenAddress(lastAddressOf(block), { allowedCidrs: [] })).toBe(true);
      fc.assert(
        fc.property(addressesOf(block), (address) => isForbiddenAddress(address, { allowedCidrs: [] })),
        { numRuns: 20 },
      );
    },
  );

  it('is one row of the table only', () => {
    expect(new Set(ALL_BLOCKS.map(({ block }) => block)).size).toBe(ALL_BLOCKS.length);
  });
});

describe('an address', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.0.3.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '168.63.129.15',
    '2001:200::',
    '2001:4860:4860::8888',
    '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db9::',
    '2003::',
    '2606:4700:4700::1111',
    '2a00:1450:4001:82a::200e',
    '3ffd:ffff::1',
  ])('that is public may be sent to: %s', (address) => {
    expect(addressProblem(address, { allowedCidrs: [] })).toBeNull();
  });

  it.each([
    ['127.0.0.1', 'Loopback (127.0.0.0/8)'],
    ['0.0.0.0', 'This host on this network (0.0.0.0/32)'],
    ['169.254.169.254', 'Link Local (169.254.0.0/16)'],
    ['100.100.100.200', 'Shared Address Space (100.64.0.0/10)'],
    ['168.63.129.16', 'Azure platform and metadata service (168.63.129.16/32)'],
    ['192.0.0.192', 'IETF Protocol Assignments (192.0.0.0/24)'],
    ['::1', 'Loopback Address (::1/128)'],
    ['fd00:ec2::254', 'Unique-Local (fc00::/7)'],
    ['::ffff:169.254.169.254', 'IPv4-mapped Address (::ffff:0:0/96)'],
    ['::ffff:a9fe:a9fe', 'IPv4-mapped Address (::ffff:0:0/96)'],
    ['::127.0.0.1', 'Deprecated (IPv4-compatible) (::/96)'],
    ['64:ff9b::7f00:1', 'Loopback (127.0.0.0/8), carried in 64:ff9b::/96'],
    ['64:ff9b::169.254.169.254', 'Link Local (169.254.0.0/16), carried in 64:ff9b::/96'],
    ['64:ff9b:0:0:1::808:808', 'not global unicast (2000::/3)'],
    ['64:ff9b:1:abcd::7f00:1', 'IPv4-IPv6 Translation (64:ff9b:1::/48)'],
    ['2002:7f00:1::', '6to4 (2002::/16)'],
    ['2001:0:7f00:1::', 'TEREDO (2001::/32)'],
    ['fe80::1%eth0', 'Link-Local Unicast (fe80::/10)'],
    ['4000::1', 'not global unicast (2000::/3)'],
    ['1fff:ffff::1', 'not global unicast (2000::/3)'],
  ])('that is special is refused, and the narrowest rule named: %s', (address, problem) => {
    expect(addressProblem(address, { allowedCidrs: [] })).toBe(problem);
  });

  it.each(['::ffff:8.8.8.8', '64:ff9b:1::808:808', '2002:808:808::1', '::8.8.8.8'])(
    'that carries an IPv4 address is refused even if that one is public: %s',
    (address) => {
      expect(isForbiddenAddress(address, { allowedCidrs: [] })).toBe(true);
    },
  );

  it('in IPv6 may be sent to only within 2000::/3, and through the well-known translation', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        fc.pre(
          !isForbiddenAddress(address, { allowedCidrs: [] }) &&
            !contains(rangeOf({ block: '64:ff9b::/96' }), parseAddress(address)!),
        );
        expect((ipaddr.parse(address).toByteArray()[0] ?? 0) >> 5).toBe(0b001);
      }),
    );
  });

  it.each([
    '',
    'localhost',
    '127.1',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '127.0.0.01',
    '1.2.3.4.5',
    ':::',
    '1.1.1.1 ',
  ])('that is none in plain spelling is refused: %j', (text) => {
    expect(addressProblem(text, { allowedCidrs: [] })).toBe('not an IP address');
  });
});

describe('an exemption', () => {
  it('lets through what it covers and nothing else', () => {
    const allowed = parseCidrs('127.0.0.0/8,fd12:3456::/32');
    expect(addressProblem('127.255.0.1', { allowedCidrs: allowed })).toBeNull();
    expect(addressProblem('fd12:3456:ffff::1', { allowedCidrs: allowed })).toBeNull();
    expect(addressProblem('10.0.0.1', { allowedCidrs: allowed })).not.toBeNull();
    expect(addressProblem('fd12:3457::1', { allowedCidrs: allowed })).not.toBeNull();
    expect(addressProblem('::1', { allowedCidrs: allowed })).not.toBeNull();
  });

  it.each(['::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'])(
    'for an IPv4 block does not reach the IPv6 address %s that carries one of its addresses',
    (address) => {
      expect(isForbiddenAddress(address, { allowedCidrs: parseCidrs('0.0.0.0/0') })).toBe(true);
    },
  );

  it('may be written for carried addresses, in IPv6', () => {
    expect(isForbiddenAddress('::ffff:127.0.0.1', { allowedCidrs: parseCidrs('::ffff:127.0.0.0/104') })).toBe(
      false,
    );
    expect(isForbiddenAddress('::ffff:128.0.0.1', { allowedCidrs: parseCidrs('::ffff:127.0.0.0/104') })).toBe(
      true,
    );
  });

  it('for carried addresses of one kind does not reach those of another', () => {
    const allowed = parseCidrs('::ffff:0:0/96');
    expect(isForbiddenAddress('::ffff:127.0.0.1', { allowedCidrs: allowed })).toBe(false);
    expect(isForbiddenAddress('::127.0.0.1', { allowedCidrs: allowed })).toBe(true);
    expect(isForbiddenAddress('64:ff9b::127.0.0.1', { allowedCidrs: allowed })).toBe(true);
  });

  it('does not make an address of a text that is none', () => {
    expect(isForbiddenAddress('localhost', { allowedCidrs: parseCidrs('0.0.0.0/0,::/0') })).toBe(true);
  });
});

describe('a block that the operator forbids', () => {
  const policy = {
    allowedCidrs: parseCidrs('10.0.0.0/8,::ffff:0:0/96'),
    forbiddenCidrs: parseCidrs('198.17.0.0/24,10.1.0.0/16,2a00:db8:7::/48'),
    nat64Prefixes: parseNat64Prefixes('2a00:db8:122:344::/96'),
  };

  it.each([
    ['a public address', '198.17.0.1', '198.17.0.0/24'],
    ['a public address of IPv6', '2a00:db8:7::1', '2a00:db8:7::/48'],
    ['an address that is exempt', '10.1.2.3', '10.1.0.0/16'],
    ['an address mapped into IPv6, though all such are exempt', '::ffff:198.17.0.1', '198.17.0.0/24'],
    ['an address carried by the well-known translator', '64:ff9b::198.17.0.1', '198.17.0.0/24'],
    ['an address carried by a translator of the network', '2a00:db8:122:344::198.17.0.1', '198.17.0.0/24'],
  ])('refuses %s in it', (_, address, block) => {
    expect(addressProblem(address, policy)).toBe(`forbidden by the operator (${block})`);
  });

  it.each(['198.17.1.1', '10.2.0.1', '2a00:db8:8::1', '::ffff:198.17.1.1', '64:ff9b::198.17.1.1'])(
    'says nothing of %s outside it',
    (address) => {
      expect(addressProblem(address, policy)).toBeNull();
    },
  );
});

/** Where an IPv4 address is in an address of each prefix length: the examples of RFC 6052, 2.4. */
const OF_LENGTH = [
  ['2a00:db8::/32', '2a00:db8:c633:6421::', '2a00:db8:a00:1::'],
  ['2a00:db8:100::/40', '2a00:db8:1c6:3364:21::', '2a00:db8:10a:0:1::'],
  ['2a00:db8:122::/48', '2a00:db8:122:c633:64:2100::', '2a00:db8:122:a00:0:100::'],
  ['2a00:db8:122:300::/56', '2a00:db8:122:3c6:33:6421::', '2a00:db8:122:30a:0:1::'],
  ['2a00:db8:122:344::/64', '2a00:db8:122:344:c6:3364:2100::', '2a00:db8:122:344:a:0:100::'],
  ['2a00:db8:122:344::/96', '2a00:db8:122:344::c633:6421', '2a00:db8:122:344::a00:1'],
  ['64:ff9b:1:fffe::/96', '64:ff9b:1:fffe::c633:6421', '64:ff9b:1:fffe::a00:1'],
] as const;

describe('an address of a translator', () => {
  it('is judged by the IPv4 address it carries, whatever that is', () => {
    const anyIpv4 = fc.oneof(fc.ipV4(), ...IPV4_BLOCKS.map(({ block }) => addressesOf(block)));
    fc.assert(
      fc.property(anyIpv4, (ipv4) => {
        const carried = addressProblem(ipv4, { allowedCidrs: [] });
        expect(addressProblem(`64:ff9b::${ipv4}`, { allowedCidrs: [] })).toBe(
          carried === null ? null : `${carried}, carried in 64:ff9b::/96`,
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(OF_LENGTH)('of the prefix %s is read as RFC 6052 says', (prefix, toTestNet, toPrivate) => {
    const prefixes = parseNat64Prefixes(prefix);
    expect(addressProblem(toTestNet, { allowedCidrs: [], nat64Prefixes: prefixes })).toBe(
      `Documentation (TEST-NET-2) (198.51.100.0/24), carried in ${prefix}`,
    );
    expect(addressProblem(toPrivate, { allowedCidrs: [], nat64Prefixes: prefixes })).toBe(
      `Private-Use (10.0.0.0/8), carried in ${prefix}`,
    );
  });

  it('of a prefix that the operator names may be sent to where it carries a public one', () => {
    const prefixes = parseNat64Prefixes('64:ff9b:1:fffe::/96, 2a00:db8:122::/48');
    expect(
      addressProblem('64:ff9b:1:fffe::8.8.8.8', { allowedCidrs: [], nat64Prefixes: prefixes }),
    ).toBeNull();
    expect(
      addressProblem('2a00:db8:122:808:8:800::', { allowedCidrs: [], nat64Prefixes: prefixes }),
    ).toBeNull();
    expect(addressProblem('64:ff9b:1:ffff::8.8.8.8', { allowedCidrs: [], nat64Prefixes: prefixes })).toBe(
      'IPv4-IPv6 Translation (64:ff9b:1::/48)',
    );
  });

  it('is refused where bits 64 to 71 are not zero: no translator reads such an address', () => {
    expect(
      addressProblem('2a00:db8:122:808:108:800::', {
        allowedCidrs: [],
        nat64Prefixes: parseNat64Prefixes('2a00:db8:122::/48'),
      }),
    ).toBe('no address of a translator (2a00:db8:122::/48)');
  });

  it('of two prefixes may be sent to only if both readings are public', () => {
    const prefixes = parseNat64Prefixes('2a00:db8:122::/48,2a00:db8:122:808::/96');
    expect(
      addressProblem('2a00:db8:122:808::8.8.8.8', { allowedCidrs: [], nat64Prefixes: prefixes }),
    ).toBeNull();
    expect(
      addressProblem('2a00:db8:122:808::10.8.8.8', { allowedCidrs: [], nat64Prefixes: prefixes }),
    ).toMatch(/^Private-Use/);
    expect(
      addressProblem('2a00:db8:122:a01::8.8.8.8', {
        allowedCidrs: [],
        nat64Prefixes: parseNat64Prefixes('2a00:db8:122::/48,2a00:db8:122:a01::/96'),
      }),
    ).toMatch(/^Private-Use/);
  });
});
