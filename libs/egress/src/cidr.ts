import { isIP } from 'node:net';

import ipaddr from 'ipaddr.js';

/** An address of either family. */
export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** A block of addresses: its first address and the length of its prefix in bits. */
export interface Cidr {
  readonly network: IpAddress;
  readonly prefixLength: number;
}

/**
 * Reads an address in the canonical notation of its family: dotted decimal, or RFC 4291 hex groups. Octal,
 * hexadecimal and short IPv4 forms are null here; the URL parser has already turned them into dotted decimal.
 * An IPv6 zone (`%eth0`) names a link, not an address, and is ignored.
 */
export function parseAddress(text: string): IpAddress | null {
  return isIP(text) === 0 ? null : ipaddr.parse(withoutDottedTail(text));
}

/**
 * `::127.0.0.1` as `::7f00:1`, because ipaddr.js takes the former for the IPv4-mapped `::ffff:127.0.0.1`,
 * which is another address (RFC 4291, 2.5.5).
 */
function withoutDottedTail(text: string): string {
  if (!text.includes(':')) return text;
  return text.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})/, (_, ...octets: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
}

/**
 * The IPv4 address in an IPv4-mapped IPv6 address (`::ffff:0:0/96`, RFC 4291, 2.5.5.2); null for all others.
 */
export function mappedIpv4(address: IpAddress): IpAddress | null {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : null;
}

/** True if `address` is in the block. An address of one family is never in a block of the other. */
export function contains({ network, prefixLength }: Cidr, address: IpAddress): boolean {
  return address.kind() === network.kind() && address.match(network, prefixLength);
}

/**
 * Reads a comma-separated list of CIDR blocks, for example `10.0.0.0/8,::1/128`; a plain address is a block
 * of one. An empty text is an empty list.
 * @throws {Error} with one line that continues the name of the setting. Bits beyond the prefix are an error,
 * because `10.1.2.3/8` covers far more than its author may have meant.
 */
export function parseCidrs(text: string): Cidr[] {
  if (text.trim() === '') return [];
  return text.split(',').map((item, index, all) => {
    const cidr = parseCidr(item.trim());
    if (cidr === null) {
      throw new Error(
        `must be address blocks such as 10.0.0.0/8 or fd00::/8, separated by commas; entry ${index + 1} of ${all.length} is not one`,
      );
    }
    const first = firstAddress(cidr);
    if (first !== cidr.network.toString()) {
      throw new Error(
        `must be address blocks such as 10.0.0.0/8; entry ${index + 1} of ${all.length} has bits set beyond its prefix of ` +
          `${cidr.prefixLength}: write ${first}/${cidr.prefixLength} for the whole block, or a longer prefix`,
      );
    }
    return cidr;
  });
}

/** Reads one block; null for an invalid one. The prefix length is decimal, without leading zeros. */
export function parseCidr(text: string): Cidr | null {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const network = addressText.includes('%') ? null : parseAddress(addressText);
  if (network === null || rest.length > 0) return null;
  const bits = network.kind() === 'ipv4' ? 32 : 128;
  if (prefixText === undefined) return { network, prefixLength: bits };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefixText) || Number(prefixText) > bits) return null;
  return { network, prefixLength: Number(prefixText) };
}

function firstAddress({ network, prefixLength }: Cidr): string {
  const family = network.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return family.networkAddressFromCIDR(`${network.toString()}/${prefixLength}`).toString();
}
