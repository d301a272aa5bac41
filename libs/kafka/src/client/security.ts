import type { ConnectionOptions } from 'node:tls';

import { pemFile, flag, oneOf, setting, SettingsError, text } from '@skillora/operability';
import type { SASLOptions } from 'kafkajs';

/** Makes a setting optional. */
const NONE = '';

/** The settings for TLS and for the identity of the client. */
export const kafkaSecuritySettings = {
  kafkaSsl: setting('KAFKA_SSL', flag, 'false'),
  kafkaSslCa: setting('KAFKA_SSL_CA', pemFile, NONE),
  kafkaSslCert: setting('KAFKA_SSL_CERT', pemFile, NONE),
  kafkaSslKey: setting('KAFKA_SSL_KEY', pemFile, NONE),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    oneOf('none', 'plain', 'scram-sha-256', 'scram-sha-512'),
    'none',
    'unset',
  ),
  kafkaSaslUsername: setting('KAFKA_SASL_USERNAME', text, NONE),
  kafkaSaslPassword: setting('KAFKA_SASL_PASSWORD', text, NONE),
};

export interface KafkaSecuritySettings {
  readonly kafkaSsl: boolean;
  readonly kafkaSslCa: string;
  readonly kafkaSslCert: string;
  readonly kafkaSslKey: string;
  readonly kafkaSaslMechanism: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly kafkaSaslUsername: string;
  readonly kafkaSaslPassword: string;
}

/** How a client connects; empty for a plain connection. */
export interface KafkaSecurity {
  readonly ssl?: ConnectionOptions;
  readonly sasl?: SASLOptions;
}

/**
 * The connection options from the settings. Any TLS setting switches TLS on, and the brokers' certificates
 * are always verified.
 * @throws {SettingsError} when one setting needs another that is not set.
 */
export function kafkaSecurity(settings: KafkaSecuritySettings): KafkaSecurity {
  const { kafkaSslCa: ca, kafkaSslCert: cert, kafkaSslKey: key, kafkaSaslMechanism: mechanism } = settings;
  const { kafkaSaslUsername: username, kafkaSaslPassword: password } = settings;
  const withTls = settings.kafkaSsl || ca !== NONE || cert !== NONE || key !== NONE;
  if ((cert === NONE) !== (key === NONE)) {
    throw new SettingsError('bad settings: KAFKA_SSL_CERT and KAFKA_SSL_KEY are only of use together');
  }
  const named = username !== NONE && password !== NONE;
  if (mechanism !== 'none' && !named) {
    throw new SettingsError(
      'bad settings: KAFKA_SASL_MECHANISM needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
    );
  }
  if (mechanism === 'none' && (username !== NONE || password !== NONE)) {
    throw new SettingsError(
      'bad settings: KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD need KAFKA_SASL_MECHANISM',
    );
  }
  if (mechanism === 'plain' && !withTls) {
    throw new SettingsError(
      'bad settings: KAFKA_SASL_MECHANISM=plain without KAFKA_SSL would send the password as it is',
    );
  }
  return {
    ...(withTls ? { ssl: tlsOptions(ca, cert, key) } : {}),
    ...(mechanism === 'none' ? {} : { sasl: { mechanism, username, password } }),
  };
}

function tlsOptions(ca: string, cert: string, key: string): ConnectionOptions {
  return {
    // Set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED in the environment would switch it off otherwise.
    rejectUnauthorized: true,
    ...(ca === NONE ? {} : { ca }),
    ...(cert === NONE ? {} : { cert, key }),
  };
}
