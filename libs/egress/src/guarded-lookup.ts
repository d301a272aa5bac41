import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

import { addressProblem } from './address-problem.js';
import { BlockedAddressError } from './blocked-address-error.js';
import type { AddressPolicy } from './egress-policy.js';

/**
 * Resolves a name to all its addresses, as `dns.lookup` does with `all`. It never calls back before it has
 * returned.
 */
export type Resolver = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for sockets that returns only addresses that it has judged, so the socket connects to a checked
 * address. A name that answers differently the next time (rebinding) gains nothing. Forbidden addresses, and
 * texts that are not addresses, are left out. If none is left, the name is refused with {@link
 * BlockedAddressError}, which names the first address. Literal addresses never go through a lookup; see
 * `createGuardedConnector`.
 */
export function guardedLookup(policy: AddressPolicy, resolver: Resolver): LookupFunction {
  return (hostname, options, callback) => {
    resolver(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const judged = addresses.map((each) => ({
        ...each,
        problem: addressProblem(each.address, policy),
      }));
      const usable = judged
        .filter(({ problem }) => problem === null)
        .map(({ address, family }) => ({ address, family }));
      const [first] = usable;
      if (!first) {
        callback(refusal(hostname, judged), '', 0);
        return;
      }
      // Sockets that may try several addresses (autoSelectFamily) ask for all of them; others ask for one.
      if (options.all) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
}

/** Why none of the addresses is left. */
function refusal(
  hostname: string,
  [first]: readonly { readonly address: string; readonly problem: string | null }[],
): NodeJS.ErrnoException {
  return first
    ? new BlockedAddressError(hostname, first.address, first.problem ?? '')
    : Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
}
