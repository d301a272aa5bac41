import tls from 'node:tls';

import { BOUNDED_TLS } from './bounded-tls.js';

let last: { readonly authorities: string; readonly context: tls.SecureContext } | null = null;

/**
 * The context of TLS connections that trust `authorities` (one PEM each) beside Node's own. Reading all of
 * them takes a tenth of a second, so the context is kept for the next connector with the same authorities.
 * @throws {Error} OpenSSL's, when one of them is not a certificate.
 */
export function contextTrusting(authorities: readonly string[]): tls.SecureContext {
  const key = authorities.join('\n');
  if (last?.authorities !== key) {
    last = {
      authorities: key,
      context: tls.createSecureContext({ ...BOUNDED_TLS, ca: [...nodesOwnAuthorities(), ...authorities] }),
    };
  }
  return last.context;
}

/** This includes those of NODE_EXTRA_CA_CERTS and of the system, if Node trusts them. */
function nodesOwnAuthorities(): readonly string[] {
  // Node before 22.15 cannot list all of them, only those that it contains.
  const { getCACertificates } = tls as Partial<typeof tls>;
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
