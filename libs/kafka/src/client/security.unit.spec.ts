import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readSettings, SettingsError } from '@skillora/operability';

import { kafkaSecurity, kafkaSecuritySettings } from './security.js';

const folder = mkdtempSync(join(tmpdir(), 'skillora-security-'));
const pem = join(folder, 'ca.pem');
const PEM = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
writeFileSync(pem, PEM);
writeFileSync(join(folder, 'not.pem'), 'nonsense');
afterAll(() => rmSync(folder, { recursive: true }));

const of = (env: NodeJS.ProcessEnv) => kafkaSecurity(readSettings(kafkaSecuritySettings, env));
const SCRAM = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };

describe('the security of connections to Kafka', () => {
  it('is none unless it is set', () => {
    expect(of({})).toEqual({});
  });

  it('is TLS against the authorities of the system, or against one of the operator’s, always verified', () => {
    expect(of({ KAFKA_SSL: 'true' })).toEqual({ ssl: { rejectUnauthorized: true } });
    expect(of({ KAFKA_SSL_CA: pem })).toEqual({ ssl: { rejectUnauthorized: true, ca: PEM } });
  });

  it('is a client certificate of one’s own', () => {
    expect(of({ KAFKA_SSL_CERT: pem, KAFKA_SSL_KEY: pem })).toEqual({
      ssl: { rejectUnauthorized: true, cert: PEM, key: PEM },
    });
  });

  it('is SASL with and without TLS', () => {
    const sasl = { mechanism: 'scram-sha-512', username: 'u', password: 'p' };
    expect(of(SCRAM)).toEqual({ sasl });
    expect(of({ ...SCRAM, KAFKA_SSL: 'true' })).toEqual({ ssl: { rejectUnauthorized: true }, sasl });
  });

  it.each([
    [{ KAFKA_SSL_CERT: pem }, /KAFKA_SSL_KEY/],
    [{ KAFKA_SASL_MECHANISM: 'scram-sha-512' }, /needs KAFKA_SASL_USERNAME/],
    [{ KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'a password' }, /need KAFKA_SASL_MECHANISM/],
    [{ ...SCRAM, KAFKA_SASL_MECHANISM: 'plain' }, /would send the password/],
    [{ KAFKA_SASL_MECHANISM: 'gssapi' }, /must be one of/],
    [{ KAFKA_SSL_CA: join(folder, 'absent.pem') }, /KAFKA_SSL_CA must be .* it cannot be read/],
    [{ KAFKA_SSL_CA: join(folder, 'not.pem') }, /KAFKA_SSL_CA must be .* it is not PEM/],
  ])('is refused in one line when it does not hold together: %j', (env, problem) => {
    expect(() => of(env)).toThrow(SettingsError);
    expect(() => of(env)).toThrow(problem);
    expect(() => of(env)).not.toThrow(/a password|\n/);
  });
});
