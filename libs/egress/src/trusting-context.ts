import tls from 'node:tls';

let last: { readonly authorities: string; readonly context: tls.SecureContext } | null = null;

/**
 * The context of TLS connections that trust `authorities` (PEM, one each) beside Node's own. To read all of
 * them takes a tenth of a second, so it is kept for the next connector that trusts the same.
 * @throws {Error} OpenSSL's, when one of them is no certificate.
 */
export function contextTrusting(authorities: readonly string[]): tls.SecureContext {
  const key = authorities.join('\n');
  if (last?.authorities !== key) {
    last = {
      authorities: key,
      context: tls.createSecureContext({ ca: [...nodesOwnAuthorities(), ...authorities] }),
    };
  }
  return last.context;
}

/** Those of NODE_EXTRA_CA_CERTS and of the system among them, where Node is made to trust these. */
function nodesOwnAuthorities(): readonly string[] {
  // Node before 22.15 cannot tell them all, only those it brings along.
  const { getCACertificates } = tls as Partial<typeof tls>;
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
