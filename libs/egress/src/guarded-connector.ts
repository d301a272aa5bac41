import { isIP, type LookupFunction, type Socket } from 'node:net';

import { buildConnector } from 'undici';

import { addressProblem } from './address-problem.js';
import { BlockedAddressError } from './blocked-address-error.js';
import { BOUNDED_TLS } from './bounded-tls.js';
import type { AddressPolicy } from './egress-policy.js';
import { guardedLookup, type Resolver } from './guarded-lookup.js';
import { createNameResolver } from './name-resolver.js';
import { contextTrusting } from './trusting-context.js';

/** How connections are opened, apart from the addresses that they may reach. */
export interface GuardedConnectorOptions {
  /** Limit for one connection, including name resolution and TLS handshake, ms. */
  readonly connectTimeoutMs: number;
  /** Replaces the default of {@link createNameResolver}. */
  readonly resolver?: Resolver | undefined;
  /**
   * Certificate authorities that are trusted beside Node's own, one PEM each. Verification cannot be switched
   * off.
   */
  readonly certificateAuthorities?: readonly string[] | undefined;
  /** Is notified of the addresses behind names. */
  readonly addresses?: AddressListener | undefined;
}

/** Is notified which addresses names lead to, as connections are opened. Names come as in the URL. */
export interface AddressListener {
  /** A name was looked up; `address` is the first that the policy allows. */
  lookedUp(name: string, address: string): void;
  /** A connection to this address was opened. */
  connected(name: string, address: string): void;
}

/** Begins a connection and returns its socket, or null when it was refused without a socket. */
export type GuardedConnector = (
  options: buildConnector.Options,
  callback: buildConnector.Callback,
) => Socket | null;

/**
 * How long one of several addresses of a name is tried before the next one is tried too, ms (RFC 8305 allows
 * 2 s at most).
 */
const NEXT_ADDRESS_AFTER_MS = 1_000;

/**
 * A connector for undici that connects only where the policy allows. Literal addresses are judged before
 * connecting, names when they resolve. The peer's address is judged once more when the connection is open,
 * before anything is sent. A name that ends with a dot is complete and means the same host: the TLS handshake
 * sends it without the dot (RFC 6066, 3), and its certificate is checked without it.
 */
export function createGuardedConnector(
  policy: AddressPolicy,
  options: GuardedConnectorOptions,
): GuardedConnector {
  const { certificateAuthorities: authorities = [] } = options;
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    lookup: telling(options.addresses, guardedLookup(policy, options.resolver ?? createNameResolver())),
    // Set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED in the environment would switch it off otherwise.
    rejectUnauthorized: true,
    ...BOUNDED_TLS,
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
    // Runs before undici's own listener, and before the TLS handshake.
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

/** A lookup that reports the first address that it returns. */
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

/** The target, with the name for the TLS handshake. */
function inHandshake(target: buildConnector.Options): buildConnector.Options {
  const { hostname } = target;
  return hostname.endsWith('.') ? { ...target, servername: hostname.slice(0, -1) } : target;
}
