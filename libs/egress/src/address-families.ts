import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

export type AddressFamily = 4 | 6;

/**
 * The families a machine can reach others by, judged as getaddrinfo's AI_ADDRCONFIG does by the addresses it has itself:
 * IPv6 addresses of others are worth nothing to a machine without one. Loopback and link-local ones reach nobody. A
 * machine with no other has both, for its loopback.
 */
export function addressFamilies(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): readonly AddressFamily[] {
  const reaching = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^(?:169\.254\.|fe[89ab][0-9a-f]:)/i.test(address))
    .map(({ address }) => (isIPv6(address) ? 6 : 4));
  const families = ([4, 6] as const).filter((family) => reaching.includes(family));
  return families.length === 0 ? [4, 6] : families;
}
