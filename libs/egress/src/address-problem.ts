import { type Cidr, contains, type IpAddress, parseAddress } from './cidr.js';
import { rangeOf, type SpecialPurposeBlock } from './special-purpose-block.js';
import { IPV4_OTHER_FORBIDDEN, IPV4_SPECIAL_PURPOSE_REGISTRY } from './special-purpose-ipv4.js';
import {
  IPV6_GLOBAL_UNICAST,
  IPV6_OTHER_FORBIDDEN,
  IPV6_SPECIAL_PURPOSE_REGISTRY,
} from './special-purpose-ipv6.js';

interface ForbiddenRange {
  readonly cidr: Cidr;
  readonly block: SpecialPurposeBlock;
}

const FORBIDDEN = {
  ipv4: forbiddenRanges([...IPV4_SPECIAL_PURPOSE_REGISTRY, ...IPV4_OTHER_FORBIDDEN]),
  ipv6: forbiddenRanges([...IPV6_SPECIAL_PURPOSE_REGISTRY, ...IPV6_OTHER_FORBIDDEN]),
} as const;

const GLOBAL_UNICAST = rangeOf({ block: IPV6_GLOBAL_UNICAST });

/**
 * Why no request may be sent to `address`, in a few words for logs, or null if one may.
 *
 * Forbidden are the special-purpose blocks of both families, multicast, reserved space, everything in IPv6 that is not
 * global unicast, and every text that is not an address. `allowedCidrs` are exempt exactly as written: `127.0.0.0/8`
 * exempts 127.0.0.1 and not ::ffff:127.0.0.1, which is an IPv6 address that needs an IPv6 block of its own.
 *
 * What an address alone cannot tell: a network that translates a prefix of its own (RFC 6052, network-specific prefix)
 * reaches its IPv4 side through addresses that look public. There the network itself must keep the translator closed.
 */
export function addressProblem(address: string, allowedCidrs: readonly Cidr[]): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return 'not an IP address';
  if (allowedCidrs.some((cidr) => contains(cidr, parsed))) return null;
  const found = mostSpecific(FORBIDDEN[parsed.kind()], parsed);
  if (found) return `${found.name} (${found.block})`;
  if (parsed.kind() === 'ipv6' && !contains(GLOBAL_UNICAST, parsed)) {
    return `not global unicast (${IPV6_GLOBAL_UNICAST})`;
  }
  return null;
}

/** True if no request may be sent to `address`; see {@link addressProblem} for the rule. */
export function isForbiddenAddress(address: string, allowedCidrs: readonly Cidr[]): boolean {
  return addressProblem(address, allowedCidrs) !== null;
}

/** The longest prefixes first, so that the first match is the narrowest and its name the most telling. */
function forbiddenRanges(blocks: readonly SpecialPurposeBlock[]): readonly ForbiddenRange[] {
  return blocks
    .map((block) => ({ block, cidr: rangeOf(block) }))
    .sort((a, b) => b.cidr.prefixLength - a.cidr.prefixLength);
}

function mostSpecific(
  ranges: readonly ForbiddenRange[],
  address: IpAddress,
): SpecialPurposeBlock | undefined {
  return ranges.find(({ cidr }) => contains(cidr, address))?.block;
}
