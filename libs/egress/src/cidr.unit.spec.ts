import fc from 'fast-check';

import { contains, parseAddress, parseCidrs } from './cidr.js';

const address = (text: string) => parseAddress(text)!;
const isIn = (block: string, text: string): boolean => contains(parseCidrs(block)[0]!, address(text));

describe('a list of address blocks', () => {
  it('may be empty', () => {
    expect(parseCidrs('')).toEqual([]);
    expect(parseCidrs('  ')).toEqual([]);
  });

  it('holds blocks of both families, and plain addresses as blocks of one', () => {
    const cidrs = parseCidrs('127.0.0.0/8, ::1/128 ,10.1.2.3,fd00::/8');
    expect(cidrs.map(({ network, prefixLength }) => `${network.toString()}/${prefixLength}`)).toEqual([
      '127.0.0.0/8',
      '::1/128',
      '10.1.2.3/32',
      'fd00::/8',
    ]);
  });

  it.each([
    'nonsense',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '010.0.0.0/8',
    '0x7f.0.0.0/8',
    '10/8',
    'fe80::%eth0/10',
    'localhost',
    '10.0.0.0/8,',
    ',10.0.0.0/8',
    '10.0.0.0/8;::1/128',
  ])('may not hold %j', (text) => {
    expect(() => parseCidrs(text)).toThrow(/^must be address blocks such as .*entry \d of \d is not one$/);
  });

  it('says which entry is wrong, in one line', () => {
    expect(() => parseCidrs('10.0.0.0/8,::1/128,nonsense')).toThrow(/entry 3 of 3 is not one$/);
  });

  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['127.0.0.1/31', '127.0.0.0/31'],
    ['fd00::1/8', 'fd00::/8'],
    ['::1/127', '::/127'],
  ])('refuses %s, which may mean one address or the block %s', (text, block) => {
    expect(() => parseCidrs(text)).toThrow(new RegExp(`bits set beyond its prefix.*write ${block} `));
  });
});

describe('a block', () => {
  it('contains its first and its last address and not their neighbours', () => {
    for (const [text, inside] of [
      ['172.15.255.255', false],
      ['172.16.0.0', true],
      ['172.31.255.255', true],
      ['172.32.0.0', false],
    ] as const) {
      expect(isIn('172.16.0.0/12', text)).toBe(inside);
    }
  });

  it('of length 0 contains every address of its family and none of the other', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (v4, v6) => {
        expect(isIn('0.0.0.0/0', v4)).toBe(true);
        expect(isIn('::/0', v4)).toBe(false);
        expect(isIn('::/0', v6)).toBe(true);
        expect(isIn('0.0.0.0/0', v6)).toBe(false);
      }),
    );
  });

  it('contains an address exactly when their leading bits agree', () => {
    const bits = (text: string): string =>
      text
        .split('.')
        .map((octet) => Number(octet).toString(2).padStart(8, '0'))
        .join('');
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.nat(32), fc.nat(32), (network, other, prefix, shared) => {
        // Of two random addresses hardly any share bits, so the other one starts with some of the network's.
        const joined = bits(network).slice(0, shared) + bits(other).slice(shared);
        const near = Array.from({ length: 4 }, (_, i) => parseInt(joined.slice(8 * i, 8 * i + 8), 2)).join(
          '.',
        );
        expect(contains({ network: address(network), prefixLength: prefix }, address(near))).toBe(
          bits(network).slice(0, prefix) === joined.slice(0, prefix),
        );
      }),
    );
  });
});
