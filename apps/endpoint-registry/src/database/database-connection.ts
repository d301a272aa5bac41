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

/** The address of the database, and whether to use TLS. */
export interface DatabaseConnection {
  readonly url: string;
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string };
}

/**
 * The connection options from `DATABASE_URL` and `DATABASE_CA` (PEM, or empty for the authorities of the
 * system). The server's certificate and name are verified for every `sslmode` that asks for TLS.
 * @throws {SettingsError} for an `sslmode` that would not verify them.
 */
export function databaseConnection(databaseUrl: string, ca = ''): DatabaseConnection {
  const url = new URL(databaseUrl);
  const mode = url.searchParams.get('sslmode');
  // Removed from the URL: the driver would derive its own settings from it and prefer them.
  url.searchParams.delete('sslmode');
  const withTls = mode === null ? ca !== '' : WITH_TLS.get(mode);
  if (withTls === undefined) {
    throw new SettingsError(
      `bad settings: sslmode in DATABASE_URL must be one of ${[...WITH_TLS.keys()].join(', ')}`,
    );
  }
  if (!withTls && ca !== '') throw new SettingsError('bad settings: DATABASE_CA needs sslmode=verify-full');
  return {
    url: mode === null ? databaseUrl : url.href,
    ssl: withTls ? { rejectUnauthorized: true, ...(ca === '' ? {} : { ca }) } : false,
  };
}
