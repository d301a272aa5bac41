import ipaddr from 'ipaddr.js';

import { type Cidr, contains, type IpAddress, parseCidrs } from './cidr.js';
import { rangeOf } from './special-purpose-block.js';

/** The prefix that every network may use for its translator (RFC 6052, 2.1): the default of DNS64. */
const WELL_KNOWN_PREFIX = rangeOf({ block: '64:ff9b::/96' });

/** The lengths that a prefix may have, in bits (RFC 6052, 2.2). */
const PREFIX_LENGTHS: readonly number[] = [32, 40, 48, 56, 64, 96];
/** Bits 64 to 71 of a translator's address are zero, and no part of the IPv4 address (RFC 6052, 2.2). */
const ZERO_BYTE = 8;

/**
 * Reads the prefixes of the network's translators beside the well-known one: IPv6 blocks, separated by
 * commas. An empty text is an empty list.
 * @throws {Error} with one line that continues the name of the setting.
 */
export function parseNat64Prefixes(text: string): Cidr[] {
  const prefixes = parseCidrs(text);
  prefixes.forEach(({ network, prefixLength }, index) => {
    const entry = `entry ${index + 1} of ${prefixes.length}`;
    if (network.kind() !== 'ipv6' || !PREFIX_LENGTHS.includes(prefixLength)) {
      throw new Error(`${entry} must be an IPv6 block of 32, 40, 48, 56, 64 or 96 bits (RFC 6052)`);
    }
    if (network.toByteArray()[ZERO_BYTE] !== 0) {
      throw new Error(`${entry} has a bit of 64 to 71 set, which RFC 6052 keeps at zero`);
    }
  });
  return prefixes;
}

/** The IPv4 address in an IPv6 address; null where a translator with this prefix would read none. */
export interface CarriedAddress {
  readonly prefix: Cidr;
  readonly ipv4: IpAddress | null;
}

/**
 * The IPv4 addresses that `address` may lead to: one for the well-known prefix and one for each of `prefixes`
 * that it is in. Empty for an address that no translator handles.
 */
export function carriedAddresses(address: IpAddress, prefixes: readonly Cidr[]): CarriedAddress[] {
  return [WELL_KNOWN_PREFIX, ...prefixes]
    .filter((prefix) => contains(prefix, address))
    .map((prefix) => ({ prefix, ipv4: carriedIpv4(address.toByteArray(), prefix.prefixLength) }));
}

function carriedIpv4(bytes: readonly number[], prefixLength: number): IpAddress | null {
  if (bytes[ZERO_BYTE] !== 0) return null;
  const afterPrefix = bytes.filter((_, index) => index >= prefixLength / 8 && index !== ZERO_BYTE);
  return ipaddr.fromByteArray(afterPrefix.slice(0, 4));
}
