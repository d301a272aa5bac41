import { isIP, type LookupFunction, type Socket } from 'node:net';

import { buildConnector } from 'undici';

import { addressProblem } from './address-problem.js';
import { BlockedAddressError } from './blocked-address-error.js';
import type { AddressPolicy } from './egress-policy.js';
import { guardedLookup, type Resolver } from './guarded-lookup.js';
import { createNameResolver } from './name-resolver.js';
import { contextTrusting } from './trusting-context.js';

/** How connections are made, apart from what they may lead to. */
export interface GuardedConnectorOptions {
  /** Limit for one connection, name resolution and TLS handshake included, ms. */
  readonly connectTimeoutMs: number;
  /** Stands in for {@link createNameResolver}'s. */
  readonly resolver?: Resolver | undefined;
  /**
   * Certificate authorities trusted beside Node's own, PEM, one each. There is no way to switch verification
   * off.
   */
  readonly certificateAuthorities?: readonly string[] | undefined;
  /** Hears of the addresses behind names. */
  readonly addresses?: AddressListener | undefined;
}

/** Hears which addresses names lead to, as connections to them are made. Names come as the URL has them. */
export interface AddressListener {
  /** A name was looked up; `address` is the first of those that the policy allows. */
  lookedUp(name: string, address: string): void;
  /** A connection stands, to this address. */
  connected(name: string, address: string): void;
}

/** Begins a connection and returns its socket, or null when it was refused without one. */
export type GuardedConnector = (
  options: buildConnector.Options,
  callback: buildConnector.Callback,
) => Socket | null;

/** How long one of several addresses of a name gets before the next is tried as well, ms (RFC 8305 speaks of 2 s at most). */
const NEXT_ADDRESS_AFTER_MS = 1_000;

/**
 * A connector for undici that connects only where the policy allows: literal addresses are judged before, names when
 * they resolve, and the address at the other end once more when the connection stands, before anything is sent.
 *
 * A name that ends with a dot is complete and names the same host. The TLS handshake asks for it without the
 * dot (RFC 6066, 3), and its certificate is checked without it.
 */
export function createGuardedConnector(
  policy: AddressPolicy,
  options: GuardedConnectorOptions,
): GuardedConnector {
  const { certificateAuthorities: authorities = [] } = options;
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    lookup: telling(options.addresses, guardedLookup(policy, options.resolver ?? createNameResolver())),
    // Said aloud, because NODE_TLS_REJECT_UNAUTHORIZED in the environment would else switch it off.
    rejectUnauthorized: true,
    ...(authorities.length === 0 ? {} : { secureContext: contextTrusting(authorities) }),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
  }) as unknown as (target: buildConnector.Options, callback: buildConnector.Callback) => Socket;

  return (target, callback) => {
    const { hostname } = target;
    if (isIP(hostname) !== 0) {
      const problem = addressProblem(hostname, policy);
      if (problem !== null) {
        const error = new BlockedAddressError(hostname, hostname, problem);
        queueMicrotask(() => callback(error, null));
        return null;
      }
    }
    let blocked: BlockedAddressError | null = null;
    const socket = connect(inHandshake(target), (...result) => {
      if (blocked) callback(blocked, null);
      else callback(...result);
    });
    // Ahead of undici's own listener, and of the TLS handshake.
    socket.prependOnceListener('connect', () => {
      const address = socket.remoteAddress ?? '';
      const problem = addressProblem(address, policy);
      if (problem === null) {
        if (isIP(hostname) === 0) options.addresses?.connected(hostname, address);
        return;
      }
      blocked = new BlockedAddressError(hostname, address, problem);
      socket.destroy(blocked);
    });
    return socket;
  };
}

/** A lookup that tells a listener of the first address it hands out. */
function telling(listener: AddressListener | undefined, lookup: LookupFunction): LookupFunction {
  if (!listener) return lookup;
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found, family) => {
      const first = typeof found === 'string' ? found : found[0]?.address;
      if (!error && first) listener.lookedUp(hostname, first);
      callback(error, found, family);
    });
  };
}

/** The target with the name that the TLS handshake asks for. */
function inHandshake(target: buildConnector.Options): buildConnector.Options {
  const { hostname } = target;
  return hostname.endsWith('.') ? { ...target, servername: hostname.slice(0, -1) } : target;
}
