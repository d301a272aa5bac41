import { constants } from 'node:crypto';
import tls from 'node:tls';

/**
 * What TLS may cost the client. With DHE the server chooses the size of the numbers, and a handshake with the
 * largest takes the event loop for a second. A renegotiation is one more handshake, and TLS 1.2 lets the server
 * ask for any number (RFC 5246, 7.4.1.1). So neither is offered. TLS 1.3 knows no renegotiation, and its sizes
 * are fixed (RFC 8446). Applies to a connection or to a context; a context replaces what a connection says.
 */
export const BOUNDED_TLS = {
  ciphers: `${tls.DEFAULT_CIPHERS}:!kDHE`,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;
