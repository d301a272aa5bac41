import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

/** What one customer of a network provider is given at least (RFC 6177): every address in it is the same client's. */
const IPV6_PREFIX_BYTES = 8;

/**
 * The network that counts as one client: an IPv4 address, and of an IPv6 address its /64, since whoever has one address
 * of it has all 2^64. An IPv4-mapped address (RFC 4291 §2.5.5.2) counts as the IPv4 address.
 * @param address as a socket or `X-Forwarded-For` names it; what is no address stays as it is.
 */
export function clientNetwork(address: string): string {
  if (isIP(address) !== 6) return address;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const prefix = parsed.toByteArray().slice(0, IPV6_PREFIX_BYTES);
  const rest = Array<number>(16 - IPV6_PREFIX_BYTES).fill(0);
  return `${ipaddr.fromByteArray([...prefix, ...rest]).toString()}/64`;
}
