import type { NetworkInterfaceInfo } from 'node:os';

import { addressFamilies } from './address-families.js';

const at = (address: string, internal = false) => ({ address, internal }) as NetworkInterfaceInfo;
const LOOPBACK = [at('127.0.0.1', true), at('::1', true)];

describe('the families a machine reaches others by', () => {
  it.each([
    ['IPv4 alone', [at('10.0.0.5')], [4]],
    ['IPv6 alone', [at('2001:db8::5')], [6]],
    ['both', [at('2001:db8::5'), at('10.0.0.5')], [4, 6]],
    ['IPv4, and IPv6 on its link', [at('10.0.0.5'), at('fe80::1')], [4]],
    // As a pod on EKS has them: its 169.254 address is translated on the way out.
    ['IPv6, and IPv4 on its link, which comes second', [at('2001:db8::5'), at('169.254.172.2')], [6, 4]],
    ['nothing but its links', [at('169.254.1.1'), at('fe80::1')], [4, 6]],
    ['nothing', [], [4, 6]],
  ])('follow from what it has: %s', (_, addresses, families) => {
    expect(addressFamilies({ lo: LOOPBACK, eth0: addresses, eth1: undefined })).toEqual(families);
  });
});
