import { specialPurposeBlocks } from './special-purpose-block.js';

/**
 * The only IPv6 block from which global unicast addresses are assigned. Everything outside is forbidden, so a
 * block that is reserved there tomorrow is already covered.
 * https://www.iana.org/assignments/ipv6-address-space/
 */
export const IPV6_GLOBAL_UNICAST = '2000::/3';

/**
 * The IANA IPv6 Special-Purpose Address Registry, every row, whatever its "globally reachable" column says.
 * Addresses that contain an IPv4 address (mapped, 6to4, Teredo) are all refused: a public receiver has its
 * own address. Those of 64:ff9b::/96 are judged by the IPv4 address in them, before this table is used. Those
 * of 64:ff9b:1::/48 do not say how long their translator's prefix is, and so not which IPv4 address they
 * contain. https://www.iana.org/assignments/iana-ipv6-special-registry/
 */
export const IPV6_SPECIAL_PURPOSE_REGISTRY = specialPurposeBlocks([
  ['::1/128', 'Loopback Address', 'RFC 4291'],
  ['::/128', 'Unspecified Address', 'RFC 4291'],
  ['::ffff:0:0/96', 'IPv4-mapped Address', 'RFC 4291'],
  ['64:ff9b::/96', 'IPv4-IPv6 Translation', 'RFC 6052'],
  ['64:ff9b:1::/48', 'IPv4-IPv6 Translation', 'RFC 8215'],
  ['100::/64', 'Discard-Only Address Block', 'RFC 6666'],
  ['100:0:0:1::/64', 'Dummy IPv6 Prefix', 'RFC 9780'],
  ['2001::/23', 'IETF Protocol Assignments', 'RFC 2928'],
  ['2001::/32', 'TEREDO', 'RFC 4380, RFC 8190'],
  ['2001:1::1/128', 'Port Control Protocol Anycast', 'RFC 7723'],
  ['2001:1::2/128', 'Traversal Using Relays around NAT Anycast', 'RFC 8155'],
  ['2001:1::3/128', 'DNS-SD Service Registration Protocol Anycast', 'RFC 9665'],
  ['2001:2::/48', 'Benchmarking', 'RFC 5180, RFC Errata 1752'],
  ['2001:3::/32', 'AMT', 'RFC 7450'],
  ['2001:4:112::/48', 'AS112-v6', 'RFC 7535'],
  ['2001:10::/28', 'Deprecated (previously ORCHID)', 'RFC 4843'],
  ['2001:20::/28', 'ORCHIDv2', 'RFC 7343'],
  ['2001:30::/28', 'Drone Remote ID Protocol Entity Tags Prefix', 'RFC 9374'],
  ['2001:db8::/32', 'Documentation', 'RFC 3849'],
  ['2002::/16', '6to4', 'RFC 3056'],
  ['2620:4f:8000::/48', 'Direct Delegation AS112 Service', 'RFC 7534'],
  ['3fff::/20', 'Documentation', 'RFC 9637'],
  ['5f00::/16', 'Segment Routing (SRv6) SIDs', 'RFC 9602'],
  ['fc00::/7', 'Unique-Local', 'RFC 4193, RFC 8190'],
  ['fe80::/10', 'Link-Local Unicast', 'RFC 4291'],
]);

/**
 * Blocks that are not, or no longer, in that registry. All IPv6 metadata services have unique-local
 * addresses.
 */
export const IPV6_OTHER_FORBIDDEN = specialPurposeBlocks([
  ['ff00::/8', 'Multicast', 'RFC 4291, 2.7'],
  ['::/96', 'Deprecated (IPv4-compatible)', 'RFC 4291, 2.5.5.1'],
  ['::ffff:0:0:0/96', 'Obsolete (IPv4-translated)', 'RFC 2765, 2.1'],
  ['fec0::/10', 'Deprecated (site-local)', 'RFC 3879'],
  ['3ffe::/16', 'Returned (6bone)', 'RFC 3701'],
]);
