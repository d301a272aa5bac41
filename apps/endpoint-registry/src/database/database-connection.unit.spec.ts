import { SettingsError } from '@skillora/operability';

import { databaseConnection } from './database-connection.js';

const PLACE = 'postgres://u:p@db.example:5432/webhooks';

describe('the connection to the database', () => {
  it('is plain unless TLS is asked for', () => {
    expect(databaseConnection(PLACE)).toEqual({ url: PLACE, ssl: false, connectTimeoutMs: 5_000 });
    expect(databaseConnection(`${PLACE}?sslmode=disable`)).toEqual({
      url: PLACE,
      ssl: false,
      connectTimeoutMs: 5_000,
    });
  });

  it.each(['require', 'verify-ca', 'verify-full'])('is verified, name and all, with sslmode=%s', (mode) => {
    expect(databaseConnection(`${PLACE}?sslmode=${mode}&application_name=x`)).toEqual({
      url: `${PLACE}?application_name=x`,
      ssl: { rejectUnauthorized: true },
      connectTimeoutMs: 5_000,
    });
  });

  it('is verified against an authority of the operator’s own, which asks for TLS too', () => {
    const expected = { url: PLACE, ssl: { rejectUnauthorized: true, ca: 'PEM' }, connectTimeoutMs: 5_000 };
    expect(databaseConnection(PLACE, 'PEM')).toEqual(expected);
    expect(databaseConnection(`${PLACE}?sslmode=verify-full`, 'PEM')).toEqual(expected);
  });

  it.each(['prefer', 'allow', 'no-verify', ''])(
    'is refused with sslmode=%s, which verifies nothing',
    (mode) => {
      expect(() => databaseConnection(`${PLACE}?sslmode=${mode}`, '')).toThrow(SettingsError);
    },
  );

  it('is waited for as long as connect_timeout says, in seconds', () => {
    const waiting = { url: PLACE, ssl: false, connectTimeoutMs: 60_000 };
    expect(databaseConnection(`${PLACE}?connect_timeout=60`)).toEqual(waiting);
  });

  it.each(['0', '-1', '1.5', '1s', '10000', ''])(
    'is refused with connect_timeout=%s, which is no time',
    (time) => {
      expect(() => databaseConnection(`${PLACE}?connect_timeout=${time}`)).toThrow(/connect_timeout/);
    },
  );

  it('is refused when an authority is given and TLS forbidden', () => {
    expect(() => databaseConnection(`${PLACE}?sslmode=disable`, 'PEM')).toThrow(/DATABASE_CA/);
  });
});
