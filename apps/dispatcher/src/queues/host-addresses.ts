import { isIP } from 'node:net';

import type { AddressListener } from '@skillora/egress';

/** The hosts of an endpoint as they are counted: see {@link HostLimits}. */
export type Hosts = readonly string[];

/** The host that a URL names. */
interface Named {
  readonly host: string;
  readonly isAddress: boolean;
}

/** How many host names are remembered; beyond that, the oldest ones are forgotten. */
const MOST_NAMES = 10_000;
/** The key of all names whose address is not known yet. No real address looks like it. */
const UNKNOWN = 'unknown';

/**
 * The address of each host name, as connections find it. An attempt counts for the host name and for its
 * address, because a customer can create many names for one address of a victim. All names without a known
 * address count as one host: until a name is looked up, nobody can tell which address it has.
 */
export class HostAddresses implements AddressListener {
  private readonly addresses = new Map<string, string>();
  /** The host in each endpoint's URL, parsed once. */
  private readonly names = new WeakMap<object, Named>();

  /** The hosts that an attempt to the endpoint may reach; undefined for an address that is not known yet. */
  hostsOf(endpoint: { readonly url: string } | undefined): Hosts {
    if (endpoint === undefined) return [UNKNOWN];
    let named = this.names.get(endpoint);
    if (named === undefined) this.names.set(endpoint, (named = namedBy(endpoint.url)));
    return named.isAddress ? [named.host] : [named.host, this.addresses.get(named.host) ?? UNKNOWN];
  }

  /**
   * Notes the result of a name lookup: `address` is tried first. An address that a connection has used is
   * kept.
   */
  lookedUp(name: string, address: string): void {
    if (!this.addresses.has(completed(name))) this.remember(completed(name), address);
  }

  /** Notes that a connection to `address` was opened: it is the address of the name now. */
  connected(name: string, address: string): void {
    this.remember(completed(name), address);
  }

  private remember(name: string, address: string): void {
    this.addresses.delete(name);
    this.addresses.set(name, address);
    if (this.addresses.size <= MOST_NAMES) return;
    const [oldest] = this.addresses.keys();
    if (oldest !== undefined) this.addresses.delete(oldest);
  }
}

/** @returns the host in the URL; an IPv6 address comes without its brackets. */
function namedBy(url: string): Named {
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0
    ? { host: completed(hostname), isAddress: false }
    : { host: address, isAddress: true };
}

/** A dot at the end marks a name as complete; the name is the same host. */
function completed(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
