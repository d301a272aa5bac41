import { SettingsError } from '@skillora/operability';

/**
 * The meaning of libpq's `sslmode` here. All TLS is verified, because unverified TLS does not stop an
 * attacker who can intercept connections.
 */
const WITH_TLS: ReadonlyMap<string, boolean> = new Map([
  ['disable', false],
  ['require', true],
  ['verify-ca', true],
  ['verify-full', true],
]);

/** How long a request waits for a connection if `connect_timeout` does not say it, ms. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The address of the database, whether to use TLS, and how long to wait for a connection. */
export interface DatabaseConnection {
  readonly url: string;
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string };
  readonly connectTimeoutMs: number;
}

/**
 * The connection options from `DATABASE_URL` and `DATABASE_CA` (PEM, or empty for the authorities of the
 * system). The server's certificate and name are verified for every `sslmode` that asks for TLS. `connect_timeout` is
 * in seconds, as for libpq; it covers the wait for a connection that others use.
 * @throws {SettingsError} for an `sslmode` that would not verify them, and for a `connect_timeout` that is no time.
 */
export function databaseConnection(databaseUrl: string, ca = ''): DatabaseConnection {
  const url = new URL(databaseUrl);
  const mode = url.searchParams.get('sslmode');
  const connectTimeout = url.searchParams.get('connect_timeout');
  // Removed from the URL: the driver would derive its own settings from them and prefer these.
  url.searchParams.delete('sslmode');
  url.searchParams.delete('connect_timeout');
  const withTls = mode === null ? ca !== '' : WITH_TLS.get(mode);
  if (withTls === undefined) {
    throw new SettingsError(
      `bad settings: sslmode in DATABASE_URL must be one of ${[...WITH_TLS.keys()].join(', ')}`,
    );
  }
  if (!withTls && ca !== '') throw new SettingsError('bad settings: DATABASE_CA needs sslmode=verify-full');
  if (connectTimeout !== null && !/^[1-9]\d{0,3}$/.test(connectTimeout)) {
    throw new SettingsError(
      'bad settings: connect_timeout in DATABASE_URL must be a whole number of seconds from 1 to 9999',
    );
  }
  return {
    url: mode === null && connectTimeout === null ? databaseUrl : url.href,
    connectTimeoutMs: connectTimeout === null ? CONNECT_TIMEOUT_MS : Number(connectTimeout) * 1_000,
    ssl: withTls ? { rejectUnauthorized: true, ...(ca === '' ? {} : { ca }) } : false,
  };
}
