import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

import { addressProblem } from './address-problem.js';
import { BlockedAddressError } from './blocked-address-error.js';
import type { EgressPolicy } from './egress-policy.js';

/** Resolves a name to all its addresses, as `dns.lookup` does with `all`; it never calls back before it has returned. */
export type Resolver = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for sockets that hands out only addresses it has judged, so that the address connected to is the address
 * checked: a name that answers differently the next time (rebinding) gains nothing.
 *
 * A name is refused with {@link BlockedAddressError} when any of its addresses is forbidden, not only when all are:
 * which one a socket takes is chance, and a name that mixes public with internal addresses is a mistake or an attack.
 * Literal addresses never come through a lookup; see `createGuardedConnector`.
 */
export function guardedLookup(
  policy: Pick<EgressPolicy, 'allowedCidrs'>,
  resolver: Resolver,
): LookupFunction {
  return (hostname, options, callback) => {
    resolver(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const [first] = addresses;
      if (!first) {
        callback(Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' }), '', 0);
        return;
      }
      for (const { address } of addresses) {
        const problem = addressProblem(address, policy.allowedCidrs);
        if (problem !== null) {
          callback(new BlockedAddressError(hostname, address, problem), '', 0);
          return;
        }
      }
      // Sockets that may try several addresses (autoSelectFamily) ask for all of them; others for one.
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
