import { isIP } from 'node:net';

import type { AddressListener } from '@skillora/egress';

/** What the hosts of endpoints are counted by: see {@link HostPlaces}. */
export type Hosts = readonly string[];

/** The host that a URL names. */
interface Named {
  readonly host: string;
  readonly isAddress: boolean;
}

/** So many names are remembered; beyond, those that were learnt first are forgotten. */
const MOST_NAMES = 10_000;
/** Stands for the address of every name of which none is known yet; no address is written so. */
const UNKNOWN = 'unknown';

/**
 * The address behind each host name, as connections find it. Names are free, and a victim has few addresses: so that many
 * names of one address count as one host, an attempt counts for the name and for the address. All names of which no
 * address is known yet count as one host: until the first is looked up, nobody can tell them apart.
 */
export class HostAddresses implements AddressListener {
  private readonly addresses = new Map<string, string>();
  /** What each endpoint's URL names, taken apart once. */
  private readonly names = new WeakMap<object, Named>();

  /** The hosts that an attempt to the endpoint may reach; undefined is one that is not known yet. */
  hostsOf(endpoint: { readonly url: string } | undefined): Hosts {
    if (endpoint === undefined) return [UNKNOWN];
    let named = this.names.get(endpoint);
    if (named === undefined) this.names.set(endpoint, (named = namedBy(endpoint.url)));
    return named.isAddress ? [named.host] : [named.host, this.addresses.get(named.host) ?? UNKNOWN];
  }

  /** A name was looked up: `address` is the one that is tried first. What a connection has found stays. */
  lookedUp(name: string, address: string): void {
    if (!this.addresses.has(completed(name))) this.remember(completed(name), address);
  }

  /** A connection stands to `address`, the one behind the name now. */
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

/** @returns what the URL names, an address without its brackets. */
function namedBy(url: string): Named {
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0
    ? { host: completed(hostname), isAddress: false }
    : { host: address, isAddress: true };
}

/** A dot at the end marks a name as complete, and names the same host. */
function completed(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
