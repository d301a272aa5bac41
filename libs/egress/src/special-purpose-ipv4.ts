import { specialPurposeBlocks } from './special-purpose-block.js';

/**
 * The IANA IPv4 Special-Purpose Address Registry, every row, whatever its "globally reachable" column says:
 * the anycast services among them never answer webhooks.
 * https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
export const IPV4_SPECIAL_PURPOSE_REGISTRY = specialPurposeBlocks([
  ['0.0.0.0/8', 'This network', 'RFC 791, 3.2'],
  ['0.0.0.0/32', 'This host on this network', 'RFC 1122, 3.2.1.3'],
  ['10.0.0.0/8', 'Private-Use', 'RFC 1918'],
  ['100.64.0.0/10', 'Shared Address Space', 'RFC 6598'],
  ['127.0.0.0/8', 'Loopback', 'RFC 1122, 3.2.1.3'],
  ['169.254.0.0/16', 'Link Local', 'RFC 3927'],
  ['172.16.0.0/12', 'Private-Use', 'RFC 1918'],
  ['192.0.0.0/24', 'IETF Protocol Assignments', 'RFC 6890, 2.1'],
  ['192.0.0.0/29', 'IPv4 Service Continuity Prefix', 'RFC 7335'],
  ['192.0.0.8/32', 'IPv4 dummy address', 'RFC 7600'],
  ['192.0.0.9/32', 'Port Control Protocol Anycast', 'RFC 7723'],
  ['192.0.0.10/32', 'Traversal Using Relays around NAT Anycast', 'RFC 8155'],
  ['192.0.0.170/32', 'NAT64/DNS64 Discovery', 'RFC 8880, RFC 7050, 2.2'],
  ['192.0.0.171/32', 'NAT64/DNS64 Discovery', 'RFC 8880, RFC 7050, 2.2'],
  ['192.0.2.0/24', 'Documentation (TEST-NET-1)', 'RFC 5737'],
  ['192.31.196.0/24', 'AS112-v4', 'RFC 7535'],
  ['192.52.193.0/24', 'AMT', 'RFC 7450'],
  ['192.88.99.0/24', 'Deprecated (6to4 Relay Anycast)', 'RFC 7526'],
  ['192.88.99.2/32', '6a44-relay anycast address', 'RFC 6751'],
  ['192.168.0.0/16', 'Private-Use', 'RFC 1918'],
  ['192.175.48.0/24', 'Direct Delegation AS112 Service', 'RFC 7534'],
  ['198.18.0.0/15', 'Benchmarking', 'RFC 2544'],
  ['198.51.100.0/24', 'Documentation (TEST-NET-2)', 'RFC 5737'],
  ['203.0.113.0/24', 'Documentation (TEST-NET-3)', 'RFC 5737'],
  ['240.0.0.0/4', 'Reserved', 'RFC 1112, 4'],
  ['255.255.255.255/32', 'Limited Broadcast', 'RFC 8190, RFC 919, 7'],
]);

/** Blocks that are not in that registry and that no webhook may reach either. */
export const IPV4_OTHER_FORBIDDEN = specialPurposeBlocks([
  ['224.0.0.0/4', 'Multicast', 'IANA IPv4 Multicast Address Space Registry, RFC 5771'],
  // The one metadata service on an address that looks public. Those of other clouds are link-local
  // (169.254.169.254 and neighbours), shared (100.100.100.200) or protocol assignments (192.0.0.192).
  ['168.63.129.16/32', 'Azure platform and metadata service', 'Microsoft Azure documentation'],
]);
