import { type Cidr, contains, type IpAddress, mappedIpv4, parseAddress } from './cidr.js';
import type { AddressPolicy } from './egress-policy.js';
import { type CarriedAddress, carriedAddresses } from './nat64.js';
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
 * Why no request may be sent to `address`, in a few words for logs; null if a request may be sent.
 *
 * Forbidden are the special-purpose blocks of both families, multicast, reserved space, all of IPv6 outside
 * global unicast, and every text that is not an address. Addresses in `allowedCidrs` are exempt exactly as
 * written: `127.0.0.0/8` exempts 127.0.0.1 and not ::ffff:127.0.0.1, which is an IPv6 address that needs its
 * own IPv6 block.
 *
 * A translator's address (RFC 6052) is judged by the IPv4 address in it. Such addresses are in 64:ff9b::/96,
 * and in the `nat64Prefixes` of the network. A prefix that is missing there looks like any other block.
 *
 * `forbiddenCidrs` take precedence over everything else, including `allowedCidrs`. An IPv4 block forbids its
 * addresses in each form: also mapped into IPv6, and in a translator's address.
 */
export function addressProblem(
  address: string,
  { allowedCidrs, forbiddenCidrs = [], nat64Prefixes = [] }: AddressPolicy,
): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return 'not an IP address';
  const carried = carriedAddresses(parsed, nat64Prefixes);
  const forms = [parsed, mappedIpv4(parsed), ...carried.map(({ ipv4 }) => ipv4)];
  const forbidden = forbiddenCidrs.find((cidr) => forms.some((form) => form && contains(cidr, form)));
  if (forbidden) return `forbidden by the operator (${textOf(forbidden)})`;
  if (allowedCidrs.some((cidr) => contains(cidr, parsed))) return null;
  return carried.length === 0 ? ruleBroken(parsed) : (carried.map(problemOfCarried).find(isText) ?? null);
}

/** True if no request may be sent to `address`; see {@link addressProblem} for the rule. */
export function isForbiddenAddress(address: string, policy: AddressPolicy): boolean {
  return addressProblem(address, policy) !== null;
}

function problemOfCarried({ prefix, ipv4 }: CarriedAddress): string | null {
  const block = textOf(prefix);
  if (ipv4 === null) return `no address of a translator (${block})`;
  const problem = ruleBroken(ipv4);
  return problem === null ? null : `${problem}, carried in ${block}`;
}

function textOf({ network, prefixLength }: Cidr): string {
  return `${network.toString()}/${prefixLength}`;
}

function ruleBroken(address: IpAddress): string | null {
  const found = mostSpecific(FORBIDDEN[address.kind()], address);
  if (found) return `${found.name} (${found.block})`;
  if (address.kind() === 'ipv6' && !contains(GLOBAL_UNICAST, address)) {
    return `not global unicast (${IPV6_GLOBAL_UNICAST})`;
  }
  return null;
}

function isText(problem: string | null): problem is string {
  return problem !== null;
}

/** The longest prefixes first, so that the first match is the narrowest and has the most specific name. */
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
