import { SettingsError } from '@skillora/operability';

/** How libpq's `sslmode` is taken. Whoever asks for TLS gets it verified: without, it stops nobody who can listen. */
const WITH_TLS: ReadonlyMap<string, boolean> = new Map([
  ['disable', false],
  ['require', true],
  ['verify-ca', true],
  ['verify-full', true],
]);

/** Where the database is, and whether by TLS. */
export interface DatabaseConnection {
  readonly url: string;
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string };
}

/**
 * What `DATABASE_URL` and `DATABASE_CA` (PEM, or empty for the authorities of the system) come to. The server's
 * certificate is always verified, name and all, whatever `sslmode` asks for TLS.
 * @throws {SettingsError} for an `sslmode` that would not.
 */
export function databaseConnection(databaseUrl: string, ca = ''): DatabaseConnection {
  const url = new URL(databaseUrl);
  const mode = url.searchParams.get('sslmode');
  // The driver would make settings of its own of it, and prefer them.
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
