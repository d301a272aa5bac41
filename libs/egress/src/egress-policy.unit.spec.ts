import { parseCidrs } from './cidr.js';
import { egressPolicyOf, type TargetSettings } from './egress-policy.js';
import { parseNat64Prefixes } from './nat64.js';
import { parseTargetUrl } from './target-url.js';

const NOTHING_SET: TargetSettings = {
  allowHttpTargets: false,
  allowedTargetCidrs: [],
  forbiddenTargetCidrs: [],
  nat64Prefixes: [],
};

const isTaken = (url: string, settings: Partial<TargetSettings> = {}): boolean =>
  'url' in parseTargetUrl(url, egressPolicyOf({ ...NOTHING_SET, ...settings }));

describe('the policy of a service obeys each of its settings:', () => {
  it('plain HTTP is allowed where it is set', () => {
    expect(isTaken('http://example.com/')).toBe(false);
    expect(isTaken('http://example.com/', { allowHttpTargets: true })).toBe(true);
  });

  it('addresses are exempt that the operator allows', () => {
    expect(isTaken('https://10.1.2.3/')).toBe(false);
    expect(isTaken('https://10.1.2.3/', { allowedTargetCidrs: parseCidrs('10.0.0.0/8') })).toBe(true);
  });

  it('addresses are refused that the operator forbids', () => {
    expect(isTaken('https://8.8.8.8/')).toBe(true);
    expect(isTaken('https://8.8.8.8/', { forbiddenTargetCidrs: parseCidrs('8.8.8.0/24') })).toBe(false);
  });

  it('addresses of a translator that the network has are judged by the address that they carry', () => {
    const carried = 'https://[2a00:db8:122:344::10.1.2.3]/';
    expect(isTaken(carried)).toBe(true);
    expect(isTaken(carried, { nat64Prefixes: parseNat64Prefixes('2a00:db8:122:344::/96') })).toBe(false);
  });
});
