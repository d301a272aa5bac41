import type { LookupAddress } from 'node:dns';

import { BlockedAddressError } from './blocked-address-error.js';
import { parseCidrs } from './cidr.js';
import { guardedLookup, type Resolver } from './guarded-lookup.js';

const PUBLIC: LookupAddress[] = [
  { address: '2606:4700:4700::1111', family: 6 },
  { address: '1.1.1.1', family: 4 },
];
const answering =
  (addresses: LookupAddress[]): Resolver =>
  (_, __, callback) =>
    callback(null, addresses);

/** What the lookup hands to a socket: the addresses, or the one address and its family. */
function lookUp(resolver: Resolver, options: { all?: boolean }, allowed = ''): Promise<unknown> {
  return new Promise((resolve, reject) => {
    guardedLookup({ allowedCidrs: parseCidrs(allowed) }, resolver)(
      'name.test',
      options,
      (error, address, family) => {
        if (error) reject(error);
        else resolve(options.all ? address : { address, family });
      },
    );
  });
}

describe('the guarded lookup', () => {
  it('hands all addresses to a socket that asks for all', async () => {
    expect(await lookUp(answering(PUBLIC), { all: true })).toEqual(PUBLIC);
  });

  it('hands the first address to a socket that asks for one', async () => {
    expect(await lookUp(answering(PUBLIC), {})).toEqual(PUBLIC[0]);
    expect(await lookUp(answering(PUBLIC), { all: false })).toEqual(PUBLIC[0]);
  });

  it('passes the wishes of the socket on and always asks for all addresses', async () => {
    let asked: unknown;
    const resolver: Resolver = (hostname, options, callback) => {
      asked = { hostname, ...options };
      callback(null, PUBLIC);
    };
    await lookUp(resolver, { all: false, ...{ family: 4, hints: 32 } });
    expect(asked).toEqual({ hostname: 'name.test', all: true, family: 4, hints: 32 });
  });

  it.each([
    ['the only one', [{ address: '10.0.0.1', family: 4 }]],
    [
      'every one of several',
      [
        { address: '169.254.169.254', family: 4 },
        { address: '::1', family: 6 },
      ],
    ],
    ['not even an address', [{ address: 'nonsense', family: 4 }]],
  ])('refuses a name of which no address is left: %s', async (_, addresses) => {
    for (const all of [true, false]) {
      const refused = lookUp(answering(addresses), { all });
      await expect(refused).rejects.toBeInstanceOf(BlockedAddressError);
      await expect(refused).rejects.toMatchObject({
        code: 'EBLOCKED',
        host: 'name.test',
        address: addresses[0]?.address,
      });
    }
  });

  it.each([
    ['first', [{ address: '169.254.169.254', family: 4 }, ...PUBLIC]],
    ['last', [...PUBLIC, { address: '::1', family: 6 }]],
    ['between', [PUBLIC[0]!, { address: 'fe80::1', family: 6 }, PUBLIC[1]!]],
    ['an address of nothing', [{ address: 'nonsense', family: 4 }, ...PUBLIC]],
  ])('leaves a forbidden address out where others are public: %s', async (_, addresses) => {
    expect(await lookUp(answering(addresses), { all: true })).toEqual(PUBLIC);
    expect(await lookUp(answering(addresses), {})).toEqual(PUBLIC[0]);
  });

  it('lets exempt addresses through', async () => {
    const loopback = [{ address: '127.0.0.1', family: 4 }];
    expect(await lookUp(answering(loopback), { all: true }, '127.0.0.0/8')).toEqual(loopback);
  });

  it('passes on what the resolver failed with', async () => {
    const failing: Resolver = (_, __, callback) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    await expect(lookUp(failing, { all: true })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('fails when a name has no address at all', async () => {
    await expect(lookUp(answering([]), { all: true })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  it('judges each answer anew', async () => {
    const answers = [PUBLIC, [{ address: '127.0.0.1', family: 4 }]];
    const rebinding: Resolver = (_, __, callback) => callback(null, answers.shift() ?? []);
    expect(await lookUp(rebinding, { all: true })).toEqual(PUBLIC);
    await expect(lookUp(rebinding, { all: true })).rejects.toBeInstanceOf(BlockedAddressError);
  });
});
