import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { waitFor } from '@skillora/testing';

import { BEGINNING, iso } from '../projection/testing/log-builder.js';
import { runAdmin } from '../testing/running-admin.js';
import type { PresentedRecovery } from './present-recovery.js';
import { MOST_CANCELLED } from './recovery.js';
import { inKafka, marksInKafka } from './testing/recovered-in-kafka.js';
import { RecoveryStage } from './testing/recovery-stage.js';

let shared: RecoveryStage;
let stage: RecoveryStage;

beforeAll(async () => (shared = await RecoveryStage.open()));

beforeEach(async () => (stage = await shared.anew()));

afterAll(() => shared.close());

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('a recovery', () => {
  it('sends each delivery that matches once, on two instances whose connections are cut', async () => {
    const endpoint = await stage.endpoint();
    const history = repeat(400, ['failed', null, 'success', 'pending'] as const).flat();
    const made = await stage.happened(endpoint, history);
    const recovery = await stage.begin(endpoint, { what: 'undelivered' });
    let cuts = 0;
    const ended = await stage.finish(recovery, (id) => {
      if (cuts < 12 && id.charCodeAt(0) % 4 === 0) {
        cuts += 1;
        void stage.instances[0]
          .query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
            [],
          )
          .catch(() => undefined);
      }
      return id.endsWith('0') ? 'failed' : 'success';
    });
    const wanted = made.filter((_, index) => index % 4 < 2).map(({ deliveryId }) => deliveryId);
    const failing = wanted.filter((id) => id.endsWith('0')).length;
    expect(ended).toMatchObject({ status: 'done', expected: 800, sent: 800, skipped: 0 });
    expect(ended).toMatchObject({ succeeded: 800 - failing, failed: failing });
    const sent = (await inKafka(recovery.id, 800)).map(({ deliveryId }) => deliveryId);
    expect(sent.sort()).toEqual(wanted.sort());
  });

  it('sends again what had arrived, and counts its first attempt', async () => {
    const endpoint = await stage.endpoint();
    const [first] = await stage.happened(endpoint, ['success', 'success']);
    const recovery = await stage.begin(endpoint, { what: 'all' });
    const ended = await stage.finish(recovery, (id) => (id === first!.deliveryId ? 'failed' : 'success'));
    expect(ended).toMatchObject({ status: 'done', expected: 2, sent: 2, succeeded: 1, failed: 1 });
    // A retry of the failed attempt may wait, and the next recovery ends it.
    await stage.finish(await stage.begin(endpoint, { what: 'all' }));
    expect((await marksInKafka(first!.deliveryId, 1)).map(({ round }) => round)).toEqual([2]);
  });
});

/** A request that changes the endpoint: its method, its path below the endpoint, and its body. */
type Change = readonly [method: string, path: string, body?: object];

describe('a recovery in the middle', () => {
  it('stops when it is cancelled, and counts what it has sent', async () => {
    const endpoint = await stage.endpoint();
    await stage.happened(endpoint, repeat(50, 'failed' as const));
    const recovery = await stage.begin(endpoint, { what: 'failed', rate: 1 });
    await waitFor(async () => (await stage.read(recovery)).sent > 0, 'the first delivery');
    expect(await stage.cancel(recovery)).toBe(204);
    const { sent } = await stage.read(recovery);
    expect(await stage.cancel(recovery)).toBe(409);
    await waitFor(() => stage.attempt(recovery).then((count) => count > 0), 'an attempt');
    await stage.shows(recovery, { status: 'cancelled', reason: 'requested', succeeded: sent, expected: 50 });
    await waitFor(async () => (await stage.items(recovery)) === 0, 'the end of its items');
    expect((await stage.read(recovery)).sent).toBe(sent);
    expect(await inKafka(recovery.id, sent)).toHaveLength(sent);
  });

  it('counts what it has sent until ten more are cancelled, so that cancelled ones cannot pile up', async () => {
    const endpoint = await stage.endpoint();
    // At one a second there is something left for each, also where a slow machine takes long to cancel.
    await stage.happened(endpoint, repeat(500, 'failed' as const));
    const cancelled: PresentedRecovery[] = [];
    for (let count = 0; count <= MOST_CANCELLED; count += 1) {
      const recovery = await stage.begin(endpoint, { what: 'failed', rate: 1 });
      await waitFor(async () => (await stage.read(recovery)).sent > 0, 'its first delivery');
      expect(await stage.cancel(recovery)).toBe(204);
      cancelled.push(recovery);
    }
    const [oldest, next] = cancelled;
    // Nobody has made an attempt.
    await waitFor(async () => (await stage.items(oldest!)) === 0, 'the end of the items of the oldest');
    await stage.shows(oldest!, { status: 'cancelled', succeeded: 0, failed: 0 });
    await stage.attempt(next!);
    await stage.shows(next!, { status: 'cancelled', succeeded: (await stage.read(next!)).sent });
  });

  it('is cancelled by the operator who follows it and interrupts the command', async () => {
    const endpoint = await stage.endpoint();
    await stage.happened(endpoint, repeat(50, 'failed' as const));
    const interrupted = new AbortController();
    const args = ['replay', '--endpoint', endpoint, '--from', iso(BEGINNING), '--rate', '1', '--json'];
    const command = runAdmin(stage.databaseUrl, args, {}, interrupted.signal);
    await waitFor(async () => {
      const { body } = await stage.call('GET', `${endpoint}/recoveries/`);
      return ((body as { results: PresentedRecovery[] }).results[0]?.sent ?? 0) > 0;
    }, 'the first delivery');
    interrupted.abort();
    const { code, stdout, stderr } = await command;
    expect([code, stderr]).toEqual([4, expect.stringContaining('run the command again')]);
    const cancelled = { what: 'undelivered', status: 'cancelled', reason: 'requested', expected: 50 };
    expect(JSON.parse(stdout)).toMatchObject({ ...cancelled, include_before_creation: true });
  });

  it('ends as cancelled when its endpoint is deleted', async () => {
    const endpoint = await stage.endpoint();
    await stage.happened(endpoint, repeat(20, 'failed' as const));
    const recovery = await stage.begin(endpoint, { what: 'failed', rate: 2 });
    await waitFor(async () => (await stage.read(recovery)).sent > 0, 'the first delivery');
    expect((await stage.call('DELETE', `${endpoint}/`)).status).toBe(204);
    await stage.shows(recovery, { status: 'cancelled', reason: 'endpoint_deleted' });
    const { sent } = await stage.read(recovery);
    await stage.shows(recovery, { failed: sent, succeeded: 0 });
    const listed = await stage.call('GET', `${endpoint}/recoveries/`);
    expect((listed.body as { results: { id: string }[] }).results.map(({ id }) => id)).toEqual([recovery.id]);
  });

  it.each<{ state: string; begin: Change; end: Change }>([
    {
      state: 'inactive',
      begin: ['PATCH', '', { is_active: false }],
      end: ['PATCH', '', { is_active: true }],
    },
    { state: 'held', begin: ['POST', 'hold/'], end: ['POST', 'resume/'] },
  ])('waits while its endpoint is $state, says so, and goes on', async ({ state, begin, end }) => {
    const endpoint = await stage.endpoint();
    await stage.happened(endpoint, repeat(3, null));
    const change = async ([method, path, body]: Change): Promise<void> => {
      expect((await stage.call(method, `${endpoint}/${path}`, body)).status).toBe(200);
    };
    await change(begin);
    const recovery = await stage.begin(endpoint, { what: 'missed' });
    await stage.shows(recovery, { status: 'running', waits_for: `endpoint_${state}`, expected: 3, sent: 0 });
    await change(end);
    expect(await stage.finish(recovery)).toMatchObject({
      status: 'done',
      sent: 3,
      succeeded: 3,
      waits_for: null,
    });
  });

  it('shares an endpoint with another: each delivery is sent by one of them', async () => {
    const endpoint = await stage.endpoint();
    await stage.happened(endpoint, repeat(300, 'failed' as const));
    const both = await Promise.all(
      [0, 1].map((instance) => stage.begin(endpoint, { what: 'failed' }, instance)),
    );
    const ended = await Promise.all(both.map((each) => stage.finish(each)));
    expect(ended.reduce((sum, { sent }) => sum + sent, 0)).toBe(300);
    for (const { expected, sent, skipped, succeeded } of ended) {
      expect(succeeded).toBe(sent);
      expect(expected).toBe(sent + skipped);
    }
  });

  it('leaves alone what a person is having retried', async () => {
    const endpoint = await stage.endpoint();
    const [delivery] = await stage.happened(endpoint, ['failed', 'failed']);
    // As a retry leaves it whose record no dispatcher and no projection has read yet.
    await stage.instances[0].query(
      'INSERT INTO requested_rounds (delivery_id, round, requested_at, delivery_created_at) VALUES ($1, 1, now(), $2)',
      [delivery!.deliveryId, delivery!.createdAt],
    );
    const ended = await stage.finish(await stage.begin(endpoint, { what: 'failed' }));
    expect(ended).toMatchObject({ status: 'done', expected: 2, sent: 1, succeeded: 1, skipped: 1 });
  });
});

describe('asking for a recovery', () => {
  it('is refused while three of the organisation run, with the time to wait', async () => {
    const endpoint = await stage.endpoint();
    await stage.happened(endpoint, ['failed']);
    await stage.call('PATCH', `${endpoint}/`, { is_active: false });
    const body = { what: 'failed' };
    const [first] = [
      await stage.begin(endpoint, body),
      await stage.begin(endpoint, body),
      await stage.begin(endpoint, body),
    ];
    const since = iso(BEGINNING);
    const refused = await stage.call('POST', `${endpoint}/recoveries/`, { since, ...body });
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(await stage.cancel(first)).toBe(204);
    await stage.begin(endpoint, body);
  });

  it('begins one, however often it is asked with one key', async () => {
    const endpoint = await stage.endpoint();
    const body = { since: iso(BEGINNING), what: 'failed', dry_run: true };
    const key = { 'idempotency-key': randomUUID() };
    const ask = (instance: number, more: object = {}) =>
      stage.call('POST', `${endpoint}/recoveries/`, { ...body, ...more }, key, instance);
    const answers = await Promise.all([0, 1, 0, 1].map((instance) => ask(instance)));
    expect(answers.map(({ status }) => status)).toEqual(repeat(4, 202));
    expect(new Set(answers.map((each) => (each.body as { id: string }).id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(3);
    expect((await ask(0, { what: 'missed' })).status).toBe(400);
  });

  it('knows no recovery under another endpoint, and none that never was', async () => {
    const [endpoint, other] = [await stage.endpoint(), await stage.endpoint()];
    const recovery = await stage.begin(endpoint, { what: 'failed', dry_run: true });
    for (const path of [
      `${other}/recoveries/${recovery.id}/`,
      `${endpoint}/recoveries/${randomUUID()}/`,
      `${endpoint}/recoveries/x/`,
      `x/recoveries/${recovery.id}/`,
    ]) {
      expect((await stage.call('GET', path)).status).toBe(404);
      expect((await stage.call('DELETE', path)).status).toBe(404);
    }
    await stage.shows(recovery, { status: 'done' });
  });

  it('names field and rule of a bad body', async () => {
    const endpoint = await stage.endpoint();
    const refused = await stage.call('POST', `${endpoint}/recoveries/`, { what: 'everything', rate: 0 });
    expect([refused.status, refused.body]).toEqual([
      400,
      { since: ['This field is required.'], what: ['Must be one of: failed, missed, undelivered, all.'] },
    ]);
  });
});
