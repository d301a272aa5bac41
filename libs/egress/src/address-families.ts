import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

export type AddressFamily = 4 | 6;

/**
 * The address families that this machine can use to reach others, decided by its own addresses, as
 * getaddrinfo's AI_ADDRCONFIG does: IPv6 addresses are useless to a machine without one. Loopback and
 * link-local addresses do not count, with one exception: a pod of EKS on IPv6 has a link-local IPv4 address
 * that is translated on the way out. So beside IPv6 such an address counts, as the second choice. A machine
 * without other addresses has both families, for its loopback. The family to try first comes first.
 */
export function addressFamilies(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): readonly AddressFamily[] {
  const addresses = Object.values(interfaces)
    .flatMap((each) => each ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
  const reaching = addresses.filter((address) => !isLinkLocal(address)).map(familyOf);
  const families = ([4, 6] as const).filter((family) => reaching.includes(family));
  if (families.length === 0) return [4, 6];
  const onItsLink = addresses.some((address) => isLinkLocal(address) && familyOf(address) === 4);
  return onItsLink && !families.includes(4) ? [...families, 4] : families;
}

function isLinkLocal(address: string): boolean {
  return /^(?:169\.254\.|fe[89ab][0-9a-f]:)/i.test(address);
}

function familyOf(address: string): AddressFamily {
  return isIPv6(address) ? 6 : 4;
}
