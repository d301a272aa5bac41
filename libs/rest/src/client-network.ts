import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

/**
 * The smallest network that a provider gives to one customer (RFC 6177): all of its addresses are the same
 * client.
 */
const IPV6_PREFIX_BYTES = 8;

/**
 * The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address, since the owner of
 * one address has all 2^64. An IPv4-mapped address (RFC 4291 §2.5.5.2) counts as the IPv4 address.
 * @param address from a socket or `X-Forwarded-For`; text that is not an address is returned as it is.
 */
export function clientNetwork(address: string): string {
  if (isIP(address) !== 6) return address;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const prefix = parsed.toByteArray().slice(0, IPV6_PREFIX_BYTES);
  const rest = Array<number>(16 - IPV6_PREFIX_BYTES).fill(0);
  return `${ipaddr.fromByteArray([...prefix, ...rest]).toString()}/64`;
}
