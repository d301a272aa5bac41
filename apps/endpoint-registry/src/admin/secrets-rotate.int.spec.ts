import 'reflect-metadata';

import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import {
  type EndpointState,
  endpointStateSchema,
  type SealedBearer,
  topicDefinitions,
  Topics,
} from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { createKafka, ensureTopics, TopicTable } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { credentialContext, headerContext, SecretBox } from '@skillora/signing';
import { DataSource } from 'typeorm';

import { dataSourceOptions, migrate } from '../database/data-source.js';
import { pastTheLog } from '../testing/past-the-log.js';

const ADMIN = fileURLToPath(new URL('../../dist/admin.js', import.meta.url));
const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
const [oldKey, newKey] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
const [before, after] = [SecretBox.fromSetting(oldKey), SecretBox.fromSetting(newKey)];
const ORGANIZATION = randomUUID();

let databaseUrl: string;
let dataSource: DataSource;
let table: TopicTable<EndpointState>;
/** What dispatchers would know. */
const known = new Map<string, EndpointState | null>();

beforeAll(async () => {
  databaseUrl = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  dataSource = await migrate(await new DataSource(dataSourceOptions(databaseUrl)).initialize());
  await pastTheLog(dataSource, "INSERT INTO organizations (id, name) VALUES ($1, 'Acme')", [ORGANIZATION]);
  const logger = createLogger('rotation-spec', 'silent');
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'rotation-spec', logger });
  await ensureTopics(kafka, topicDefinitions(3), { partitions: 3, replicationFactor: 1 });
  table = new TopicTable({
    kafka,
    topic: Topics.endpoints,
    schema: endpointStateSchema,
    logger,
    apply: ({ key, state }) => known.set(key, state),
  });
  await table.start();
});

afterAll(async () => {
  await table.stop();
  await dataSource.destroy();
});

beforeEach(() => pastTheLog(dataSource, 'DELETE FROM endpoints', []));

function rotate(secretsKey: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: brokers,
    SECRETS_KEY: secretsKey,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--no-warnings', ADMIN, 'secrets', 'rotate', '--json'],
      { env, cwd: tmpdir() },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** An endpoint as a release with `box` stored it, with one former secret for each time. */
async function endpoint(box: SecretBox, { deleted = false, former = [] as string[] } = {}): Promise<string> {
  const id = randomUUID();
  const formerSecrets = former.map((expiresAt) => ({ sealedSecret: box.seal('the former', id), expiresAt }));
  await pastTheLog(
    dataSource,
    `INSERT INTO endpoints (id, organization_id, version, url, events, description, is_active, sealed_secret,
                            former_secrets, created_at, updated_at, deleted_at, headers, authentication)
     VALUES ($1, $2, 7, 'https://example.com', '{interview_completed}', '', true, $3, $4, now(), now(), $5, $6, $7)`,
    [
      id,
      ORGANIZATION,
      box.seal('the secret', id),
      JSON.stringify(formerSecrets),
      deleted ? new Date() : null,
      JSON.stringify([
        { name: 'X-Gateway', sealedValue: box.seal('the value', headerContext(id, 'X-Gateway')) },
      ]),
      JSON.stringify({
        type: 'bearer',
        sealedToken: box.seal('the token', credentialContext(id, 'sealedToken')),
      }),
    ],
  );
  return id;
}

interface Stored {
  readonly sealed_secret: string;
  readonly former_secrets: { readonly sealedSecret: string; readonly expiresAt: string }[];
}

async function stored(id: string): Promise<Stored> {
  const [row] = await dataSource.query<Stored[]>('SELECT * FROM endpoints WHERE id = $1', [id]);
  return row!;
}

const LATER = '2999-01-01T00:00:00.000Z';

describe('the rotation of secrets', () => {
  it('seals every secret with the newest key, in PostgreSQL and in Kafka, and says which keys are done with', async () => {
    const ids = [await endpoint(before), await endpoint(before, { former: [LATER, '2020-01-01T00:00:00Z'] })];
    const deleted = await endpoint(before, { deleted: true });
    await endpoint(after);
    const { code, stdout, stderr } = await rotate(`${newKey},${oldKey}`);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { key: after.keyId, endpoints_changed: 3, removable: [before.keyId], in_use: [] },
    ]);
    expect(stderr).toContain(`SECRETS_KEY no longer needs ${before.keyId}`);
    await table.caughtUp();
    for (const id of ids) {
      expect(after.open((await stored(id)).sealed_secret, id)).toBe('the secret');
      expect(known.get(id)?.version).toBe(7);
      const { sealedSecret, headers, authentication } = known.get(id)!;
      expect(after.open(sealedSecret, id)).toBe('the secret');
      expect(after.open(headers![0]!.sealedValue, headerContext(id, 'X-Gateway'))).toBe('the value');
      const { sealedToken } = authentication as SealedBearer;
      expect(after.open(sealedToken, credentialContext(id, 'sealedToken'))).toBe('the token');
    }
    expect(known.get(ids[1]!)?.formerSecrets).toEqual([
      { sealedSecret: expect.anything(), expiresAt: LATER },
    ]);
    expect(after.open(known.get(ids[1]!)!.formerSecrets![0]!.sealedSecret, ids[1]!)).toBe('the former');
    expect(known.get(ids[0]!)).not.toHaveProperty('formerSecrets');
    expect(after.open((await stored(deleted)).sealed_secret, deleted)).toBe('the secret');
    expect(known.has(deleted)).toBe(false);
  });

  it('changes nothing the second time', async () => {
    const id = await endpoint(before);
    await rotate(`${newKey},${oldKey}`);
    const once = await stored(id);
    const { stdout } = await rotate(`${newKey},${oldKey}`);
    expect(JSON.parse(stdout)).toMatchObject({ endpoints_changed: 0, removable: [before.keyId] });
    expect(await stored(id)).toEqual(once);
  });

  it('begins nothing without a key that secrets are sealed with, names it, and tells no key', async () => {
    const id = await endpoint(before);
    const sealed = await stored(id);
    const { code, stdout, stderr } = await rotate(newKey);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`SECRETS_KEY lacks keys .*${before.keyId} \\(1 endpoints\\)`));
    expect(stderr).not.toContain(newKey);
    expect(await stored(id)).toEqual(sealed);
  });
});
