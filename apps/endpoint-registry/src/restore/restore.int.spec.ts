import 'reflect-metadata';

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually } from '@skillora/testing';

import { LogBuilder } from '../projection/testing/log-builder.js';
import { RunningRegistry } from '../testing/running-registry.js';

const ADMIN = fileURLToPath(new URL('../../dist/admin.js', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function restore(databaseUrl: string): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--no-warnings', ADMIN, 'restore', '--json'],
      { env, cwd: tmpdir() },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

const emptyDatabase = (): Promise<string> => createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');

/** What customers and the dispatchers go by. */
const comparable = (endpoint: unknown): unknown => ({ ...(endpoint as object), updated_at: null });

describe('a database that was lost', () => {
  it('comes back from the log: tokens, endpoints with their secrets, and the audit', async () => {
    const lost = await RunningRegistry.start();
    const organization = await lost.organization();
    const { token } = await lost.token(organization, SCOPES);
    const revoked = await lost.token(organization, SCOPES);
    await lost.revoke(revoked.id);
    const register = async (description: string): Promise<string> => {
      const body = {
        ...{ url: 'https://example.com/hook', events: ['interview_completed'], description },
        headers: { 'X-Gateway': description },
        ...(description === 'kept' && { authentication: { type: 'bearer', token: 'a-token' } }),
      };
      const answer = await lost.call('POST', '/api/v1/webhook-endpoints/', token, body);
      expect(answer.status).toBe(201);
      return (answer.body as { id: string }).id;
    };
    const [kept, changed, deleted] = [await register('kept'), await register('changed'), await register('x')];
    const path = (id: string): string => `/api/v1/webhook-endpoints/${id}/`;
    await lost.call('PATCH', path(changed), token, {
      is_active: false,
      description: 'inactive now',
      filter: { any: [{ 'data.score': [{ '>=': 80 }] }, { 'data.status': 'completed' }] },
      retry_schedule: 'extended',
      rate_limit: 7,
    });
    await lost.call('POST', `${path(kept)}hold/`, token);
    await lost.call('POST', `${path(kept)}regenerate_secret/`, token, { expire_former_after: '1h' });
    await lost.call('DELETE', path(deleted), token);
    const log = new LogBuilder();
    const event = log.event(randomUUID(), organization);
    const delivery = log.delivery(event, kept);
    log.result(delivery, { status: 'failed', attempt: { responseStatus: 410 } });
    await lost.happened(log);
    const deliveryPath = `/api/v1/webhook-deliveries/${delivery.deliveryId}/`;
    const audited = async (registry: RunningRegistry): Promise<unknown> => {
      let body: unknown;
      await eventually(async () => {
        ({ body } = await registry.call('GET', deliveryPath, token));
        expect(body).toMatchObject({ status: 'failed' });
      });
      return body;
    };
    await lost.applied();
    const shown = await audited(lost);
    await eventually(async () =>
      expect((await lost.call('GET', path(kept), token)).body).toMatchObject({ disabled_reason: 'gone' }),
    );
    const before = [
      await lost.call('GET', path(kept), token),
      await lost.call('GET', path(changed), token),
    ].map(({ body }) => body);
    const secrets = (registry: RunningRegistry) =>
      registry.query<object>(
        'SELECT id, version, sealed_secret, former_secrets, headers, authentication FROM endpoints WHERE id = ANY($1) ORDER BY id',
        [[kept, changed]],
      );
    const sealed = await secrets(lost);
    await lost.stop();

    const databaseUrl = await emptyDatabase();
    const outcome = await restore(databaseUrl);
    expect([outcome.code, outcome.stderr]).toEqual([0, expect.stringContaining('endpoints')]);
    // Topics of other tests hold endpoints too.
    const figures = JSON.parse(outcome.stdout) as { endpoints: number; tokens: number };
    expect(figures.endpoints).toBeGreaterThanOrEqual(2);
    expect(JSON.parse((await restore(databaseUrl)).stdout)).toMatchObject({
      organizations: 0,
      tokens: 0,
      endpoints: 0,
      unknownToLog: [],
    });

    const found = await RunningRegistry.start({ DATABASE_URL: databaseUrl });
    try {
      expect((await found.call('GET', path(kept), revoked.token)).status).toBe(401);
      expect((await found.call('GET', path(deleted), token)).status).toBe(404);
      await found.applied();
      expect(await audited(found)).toEqual(shown);
      const after = [
        await found.call('GET', path(kept), token),
        await found.call('GET', path(changed), token),
      ].map(({ body }) => body);
      expect(after.map(comparable)).toEqual(before.map(comparable));
      expect(await secrets(found)).toEqual(sealed);
      // And it is changed as any other, above the versions that dispatchers know.
      expect((await found.call('PATCH', path(changed), token, { is_active: true })).status).toBe(200);
    } finally {
      await found.stop();
    }
  });
});
