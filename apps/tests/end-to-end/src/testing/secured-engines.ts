import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  freePort,
  type RunningBroker,
  type RunningDatabase,
  startEmbeddedBroker,
  startEmbeddedDatabase,
} from '@skillora/engines';
import {
  ENGINE_AUTHORITY,
  ENGINE_CERTIFICATE,
  ENGINE_KEY,
} from '@skillora/engines/testing/engine-certificate';

const TLS = { certificate: ENGINE_CERTIFICATE, key: ENGINE_KEY };

interface Choices {
  /** The users of the broker's secured port. */
  readonly users: readonly { readonly username: string; readonly password: string }[];
  /** On that port, nobody may do anything without an ACL. */
  readonly authorises?: boolean;
  /** The database has TLS as well. */
  readonly databaseTls?: boolean;
}

/** A broker with TLS and passwords, a database, and the settings of services for both. */
export class SecuredEngines {
  private constructor(
    /** Their folder, which also has room for other files of a test. */
    readonly folder: string,
    readonly broker: RunningBroker,
    readonly database: RunningDatabase,
    /** The authority that issued their certificates, as a PEM file. */
    readonly authority: string,
    /** The settings of a service for the broker's secured port, without its user. */
    readonly kafkaSettings: Readonly<Record<string, string>>,
  ) {}

  static async start({ users, authorises = false, databaseTls = false }: Choices): Promise<SecuredEngines> {
    const folder = await mkdtemp(join(tmpdir(), 'skillora-secured-'));
    // As root, PostgreSQL runs as another user, who must be able to enter the folder.
    await chmod(folder, 0o711);
    const securedPort = await freePort();
    const broker = await startEmbeddedBroker({
      dataDir: join(folder, 'kafka'),
      port: await freePort(),
      secured: { port: securedPort, ...TLS, users, authorises },
    });
    const database = await startEmbeddedDatabase({
      dataDir: join(folder, 'postgres'),
      port: await freePort(),
      durable: false,
      ...(databaseTls ? { tls: TLS } : {}),
    });
    const authority = join(folder, 'authority.pem');
    await writeFile(authority, ENGINE_AUTHORITY);
    return new SecuredEngines(folder, broker, database, authority, {
      KAFKA_BROKERS: `127.0.0.1:${securedPort}`,
      KAFKA_SSL_CA: authority,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.broker.stop(), this.database.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }
}
