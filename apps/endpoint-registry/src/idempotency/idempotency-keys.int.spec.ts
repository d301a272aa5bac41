import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { SecretBox, standardWebhooksSecret } from '@skillora/signing';

import { canonicalJson } from '../changes/canonical-json.js';
import { ENDPOINT } from '../testing/isolation-matrix.js';
import { RunningRegistry } from '../testing/running-registry.js';
import { IdempotencyKeys } from './idempotency-keys.js';

let registry: RunningRegistry;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
  ({ token } = await registry.token(await registry.organization(), SCOPES));
});

afterAll(() => registry.stop());

async function create(key: string, choice: object = ENDPOINT) {
  const { status, headers, body } = await registry.call('POST', '/api/v1/webhook-endpoints/', token, choice, {
    'idempotency-key': key,
  });
  return {
    status,
    replayed: headers.get('idempotent-replayed'),
    body: body as { id: string; secret: string },
  };
}

const change = (key: string, assignment: string) =>
  registry.query(`UPDATE idempotency_keys SET ${assignment} WHERE key = $1`, [key]);
const kept = (key: string) =>
  registry.query<{ sealed_exchange: string }>('SELECT * FROM idempotency_keys WHERE key = $1', [key]);

describe('an answer under an idempotency key', () => {
  it('is kept sealed', async () => {
    const key = randomUUID();
    const { body } = await create(key);
    const [row] = await kept(key);
    expect(row!.sealed_exchange).toMatch(/^v1\./);
    expect(JSON.stringify(row)).not.toContain(body.secret);
  });

  it('shows the secret as libraries take it, also where a former release kept it without', async () => {
    const key = randomUUID();
    const own = { ...ENDPOINT, secret: 'a secret of our own: žluťoučký kůň' };
    const { id, secret, ...rest } = (await create(key, own)).body;
    const standard = standardWebhooksSecret(secret);
    expect(rest).toMatchObject({ standard_webhooks_secret: standard });
    const organization = await registry.query<{ organization_id: string }>(
      'SELECT organization_id FROM idempotency_keys WHERE key = $1',
      [key],
    );
    const former = JSON.stringify({ body: canonicalJson(own), answer: { id, secret } });
    const context = `idempotency:${organization[0]!.organization_id}:${key}`;
    const box = SecretBox.fromSetting(Buffer.alloc(32, 7).toString('base64'));
    await registry.query('UPDATE idempotency_keys SET sealed_exchange = $2 WHERE key = $1', [
      key,
      box.seal(former, context),
    ]);
    expect((await create(key, own)).body).toEqual({ id, secret, standard_webhooks_secret: standard });
  });

  it('is not given while its request is under way, and is given once whoever made it is gone', async () => {
    const key = randomUUID();
    const { body } = await create(key);
    await change(key, 'settled_at = NULL, created_at = now()');
    expect((await create(key)).status).toBe(409);
    await change(key, "created_at = now() - interval '61 seconds'");
    expect(await create(key)).toEqual({ status: 201, replayed: 'true', body });
    const [row] = await kept(key);
    expect(row).toMatchObject({ settled_at: expect.any(Date) as Date });
  });

  it('keeps no more than 2 KiB of a body, whatever fields it has that are ignored', async () => {
    const key = randomUUID();
    const large = { ...ENDPOINT, ignored: 'x'.repeat(60_000) };
    const first = await create(key, large);
    const [row] = await kept(key);
    expect(row!.sealed_exchange.length).toBeLessThan(4_096);
    expect(await create(key, large)).toEqual({ ...first, replayed: 'true' });
    expect((await create(key, { ...large, ignored: 'y'.repeat(60_000) })).status).toBe(400);
  });

  it('is deleted when it is old, however many there are', async () => {
    const keys = [randomUUID(), randomUUID(), randomUUID()];
    for (const key of keys) {
      await create(key);
      await change(key, "created_at = now() - interval '24 hours'");
    }
    await registry.of(IdempotencyKeys).deleteExpired(1);
    expect((await Promise.all(keys.map(kept))).flat()).toEqual([]);
  });

  it('is forgotten after 24 hours, and deleted', async () => {
    const [key, other] = [randomUUID(), randomUUID()];
    const first = await create(key);
    await create(other);
    await change(key, "created_at = now() - interval '24 hours'");
    const second = await create(key);
    expect([second.status, second.replayed]).toEqual([201, null]);
    expect(second.body.id).not.toBe(first.body.id);

    await change(key, "created_at = now() - interval '24 hours'");
    await registry.of(IdempotencyKeys).deleteExpired();
    expect([(await kept(key)).length, (await kept(other)).length]).toEqual([0, 1]);
  });
});
