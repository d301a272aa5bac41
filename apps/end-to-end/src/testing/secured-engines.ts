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
  /** Who gets in at the secured port of the broker. */
  readonly users: readonly { readonly username: string; readonly password: string }[];
  /** There, nobody may do what no ACL allows. */
  readonly authorises?: boolean;
  /** The database has TLS as well. */
  readonly databaseTls?: boolean;
}

/** A broker with TLS and passwords, a database, and what services have to know of both. */
export class SecuredEngines {
  private constructor(
    /** Theirs, with room for other files of a test. */
    readonly folder: string,
    readonly broker: RunningBroker,
    readonly database: RunningDatabase,
    /** The authority that issued their certificates, as a PEM file. */
    readonly authority: string,
    /** How a service reaches the broker at its secured port, but for its user. */
    readonly kafkaSettings: Readonly<Record<string, string>>,
  ) {}

  static async start({ users, authorises = false, databaseTls = false }: Choices): Promise<SecuredEngines> {
    const folder = await mkdtemp(join(tmpdir(), 'skillora-secured-'));
    // As root, PostgreSQL runs as another user, who has to pass through.
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
