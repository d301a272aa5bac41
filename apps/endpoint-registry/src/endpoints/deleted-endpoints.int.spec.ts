import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { SecretBox } from '@skillora/signing';
import { DataSource } from 'typeorm';

import { operator } from '../changes/author.js';
import { ChangeLog } from '../changes/change-log.js';
import { LogBuilder } from '../projection/testing/log-builder.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { RunningRegistry } from '../testing/running-registry.js';
import { DeletedEndpoints } from './deleted-endpoints.js';
import { SecretRotation } from './secret-rotation.js';

const RETENTION_DAYS = 30;
const OLD_KEY = Buffer.alloc(32, 7).toString('base64');
const NEW_KEY = Buffer.alloc(32, 8).toString('base64');

let registry: RunningRegistry;
let organization: string;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start({ RETENTION_DAYS: String(RETENTION_DAYS), SECRETS_KEY: OLD_KEY });
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

afterAll(() => registry.stop());

const call = (method: string, path: string, body?: object) =>
  registry.call(method, `/api/v1/${path}`, token, body);

/** An endpoint with a former secret beside its own. */
async function endpoint(): Promise<string> {
  const made = await call('POST', 'webhook-endpoints/', {
    ...{ ...ENDPOINT, description: 'Ask for Jane Doe' },
    ...{ headers: { 'X-Gateway': 'a value' }, authentication: { type: 'bearer', token: 'a-token' } },
    filter: { 'data.candidate_id': ['Jane Doe'] },
  });
  const { id } = made.body as { id: string };
  await call('POST', `webhook-endpoints/${id}/regenerate_secret/`, { expire_former_after: 2_000_000 });
  return id;
}

/** Deletes an endpoint, as if it was done so many days ago. */
async function deleted(id: string, daysAgo: number): Promise<string> {
  expect((await call('DELETE', `webhook-endpoints/${id}/`)).status).toBe(204);
  await registry.query('UPDATE endpoints SET deleted_at = now() - make_interval(days => $2) WHERE id = $1', [
    id,
    daysAgo,
  ]);
  return id;
}

interface Stored {
  readonly url: string;
  readonly description: string;
  readonly sealed_secret: string;
  readonly former_secrets: unknown[];
  readonly headers: unknown[];
  readonly authentication: object | null;
  readonly filter: unknown;
}

async function stored(id: string): Promise<Stored> {
  const [row] = await registry.query<Stored>('SELECT * FROM endpoints WHERE id = $1', [id]);
  return row!;
}

const blank = () => registry.of(DeletedEndpoints).keep(Date.now());

describe('an endpoint that was deleted as long ago as history is kept', () => {
  it('has no URL, description, filter or secret any more, while all others keep theirs', async () => {
    const [gone, recent, living] = [
      await deleted(await endpoint(), RETENTION_DAYS + 1),
      await deleted(await endpoint(), RETENTION_DAYS - 1),
      await endpoint(),
    ];
    const before = [await stored(recent), await stored(living)];
    await blank();

    const { url, description, sealed_secret, former_secrets, headers, authentication, filter } =
      await stored(gone);
    expect([url, description, former_secrets]).toEqual(['', '', []]);
    expect([headers, authentication, filter]).toEqual([[], null, null]);
    expect(SecretBox.fromSetting(OLD_KEY).open(sealed_secret, gone)).toBe('');
    expect([await stored(recent), await stored(living)]).toEqual(before);
    expect(
      before.map((row) => [
        ...[row.url, row.description, row.former_secrets.length, row.headers.length],
        row.authentication !== null,
      ]),
    ).toEqual(Array.from({ length: 2 }, () => [ENDPOINT.url, 'Ask for Jane Doe', 1, 1, true]));
  });

  it('keeps its history, and says of a request that it is no longer known', async () => {
    const id = await endpoint();
    const log = new LogBuilder();
    const delivery = log.delivery(log.event(randomUUID(), organization), id);
    log.result(delivery, { status: 'failed' });
    await registry.happened(log);
    const request = `webhook-deliveries/${delivery.deliveryId}/request/`;
    await registry.applied();
    expect((await call('GET', request)).status).toBe(200);
    // Only now: the service itself erases such endpoints while it starts.
    await deleted(id, RETENTION_DAYS + 1);
    await blank();

    const { body } = await call('GET', `webhook-deliveries/?endpoint_id=${id}`);
    expect(body).toMatchObject({ results: [{ id: delivery.deliveryId, status: 'failed' }] });
    const { status, body: problem } = await call('GET', request);
    expect([status, problem]).toEqual([404, { detail: expect.stringContaining('no longer kept') }]);
  });

  it('stands in the way of no rotation of keys', async () => {
    const id = await deleted(await endpoint(), RETENTION_DAYS + 1);
    await blank();
    const rotated = SecretBox.fromSetting(`${NEW_KEY},${OLD_KEY}`);
    const rotation = new SecretRotation(
      registry.of(DataSource),
      rotated,
      registry.of(ChangeLog),
      operator('a test'),
    );
    await rotation.rotate();
    expect([...(await rotation.usage()).keys()]).toEqual([rotated.keyId]);
    expect(SecretBox.fromSetting(NEW_KEY).open((await stored(id)).sealed_secret, id)).toBe('');
  });
});

describe('what was announced of the failures of an endpoint', () => {
  it('is forgotten once the endpoint is deleted', async () => {
    const [gone, living] = [await deleted(await endpoint(), 0), await endpoint()];
    await registry.query(
      `INSERT INTO endpoint_notices (endpoint_id, failing_since, level)
       SELECT id, now(), 'failing' FROM unnest($1::uuid[]) AS id`,
      [[gone, living]],
    );
    await blank();
    const left = await registry.query('SELECT endpoint_id FROM endpoint_notices', []);
    expect(left).toEqual([{ endpoint_id: living }]);
  });
});

describe('uses that were counted', () => {
  it('are forgotten when no limit counts them any more', async () => {
    const remember = (minutesAgo: number): Promise<unknown> =>
      registry.query(
        `INSERT INTO recent_uses (organization_id, kind, subject, used_at)
         VALUES ($1, 'test', gen_random_uuid(), ARRAY[now() - make_interval(mins => $2)])`,
        [organization, minutesAgo],
      );
    await remember(1);
    await remember(120);
    await blank();
    expect((await registry.query('SELECT 1 FROM recent_uses', [])).length).toBe(1);
  });
});
