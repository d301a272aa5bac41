import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { deliveryId } from '@skillora/contracts';

import { marksInKafka } from '../recoveries/testing/recovered-in-kafka.js';
import { RecoveryStage } from '../recoveries/testing/recovery-stage.js';
import { atOnce, detail, once, sentOf, statuses } from './testing/resend-answers.js';
import { ResendStage } from './testing/resend-stage.js';

let shared: RecoveryStage;
let stage: ResendStage;

beforeAll(async () => (shared = await RecoveryStage.open()));

beforeEach(async () => (stage = new ResendStage(await shared.anew())));

afterAll(() => shared.close());

describe('a delivery that is sent again', () => {
  it('is the same delivery in a new round, however many ask at once', async () => {
    const endpoint = await stage.endpoint();
    const event = await stage.event({ [endpoint]: 'success' });
    const { body: before } = await stage.call('GET', `webhook-deliveries/?event_id=${event.id}`);
    const [first] = (before as { results: { created_at: string }[] }).results;
    const answers = await atOnce((instance) => stage.resendDelivery(event, endpoint, undefined, instance));
    expect(statuses(answers)).toEqual(once);
    expect(answers.find(({ status }) => status === 202)?.body).toEqual({
      status: 'success',
      message: 'The delivery is being sent again',
    });
    for (const refused of answers.filter(({ status }) => status === 409)) {
      expect(detail(refused)).toContain('has not ended');
    }
    const id = deliveryId(event.id, endpoint);
    expect(await sentOf(event, 1)).toMatchObject([
      {
        ...{ deliveryId: id, eventId: event.id, createdAt: first!.created_at, body: event.body },
        ...{ round: 1, step: 1, trigger: 'manual', attemptsBefore: 1 },
      },
    ]);
    await stage.attempt(event, endpoint, 'success');
    await stage.shows(event, endpoint, { status: 'success', attempt_count: 2 });
    const { body } = await stage.call('GET', `webhook-endpoints/${endpoint}/`);
    expect(body).toMatchObject({ total_deliveries: 1, failed_deliveries: 0 });
    expect((await stage.resendDelivery(event, endpoint)).status).toBe(202);
  });

  it('has succeeded whatever comes, and is sent again with a mark that ends what waits', async () => {
    const endpoint = await stage.endpoint();
    const event = await stage.event({ [endpoint]: 'success' });
    expect((await stage.resendDelivery(event, endpoint)).status).toBe(202);
    await stage.attempt(event, endpoint, 'retrying');
    await stage.shows(event, endpoint, { status: 'success', attempt_count: 2, next_retry_at: null });

    expect((await stage.resendDelivery(event, endpoint)).status).toBe(202);

    const marks = await marksInKafka(deliveryId(event.id, endpoint), 2);
    expect(marks.map(({ round }) => round)).toEqual([1, 2]);
    await stage.attempt(event, endpoint, 'failed');
    await stage.shows(event, endpoint, { status: 'success', attempt_count: 3 });
    const { body } = await stage.call('GET', `webhook-endpoints/${endpoint}/`);
    expect(body).toMatchObject({ total_deliveries: 1, failed_deliveries: 0 });
  });

  it('may have failed as well', async () => {
    const endpoint = await stage.endpoint();
    const event = await stage.event({ [endpoint]: 'failed' });
    expect((await stage.resendDelivery(event, endpoint)).status).toBe(202);
    await stage.shows(event, endpoint, { status: 'retrying' });
  });

  it('must have ended, at an endpoint that can get it', async () => {
    const [pending, retrying, filtered, inactive, deleted] = [
      await stage.endpoint(),
      await stage.endpoint(),
      await stage.endpoint(),
      await stage.endpoint(),
      await stage.endpoint(),
    ];
    const event = await stage.event({
      ...{ [pending]: 'pending', [retrying]: 'retrying', [filtered]: 'filtered' },
      ...{ [inactive]: 'success', [deleted]: 'success' },
    });
    await stage.call('PATCH', `webhook-endpoints/${inactive}/`, { is_active: false });
    await stage.call('DELETE', `webhook-endpoints/${deleted}/`);
    for (const [endpoint, reason] of [
      [pending, 'it is pending'],
      [retrying, 'it is retrying'],
      [filtered, 'filter of the endpoint'],
      [inactive, 'is inactive'],
      [deleted, 'is deleted'],
    ] as const) {
      const refused = await stage.resendDelivery(event, endpoint);
      expect([refused.status, detail(refused)]).toEqual([409, expect.stringContaining(reason)]);
    }
  });

  it.each([
    ['resend', 'success', 'is_active = false', 'is inactive'],
    ['resend', 'success', 'deleted_at = now()', 'is deleted'],
    ['retry', 'failed', 'deleted_at = now()', 'is deleted'],
  ] as const)(
    'is decided after a change of its endpoint that came first: %s of what was %s, %s',
    async (kind, became, change, reason) => {
      const endpoint = await stage.endpoint();
      const event = await stage.event({ [endpoint]: became });
      const answer = await stage.whileChanging(endpoint, change, () =>
        stage.call('POST', `webhook-deliveries/${deliveryId(event.id, endpoint)}/${kind}/`),
      );
      expect([answer.status, detail(answer)]).toEqual([409, expect.stringContaining(reason)]);
    },
  );

  it.each(['resend', 'retry'] as const)(
    'is refused for good when retention has dropped its event: %s',
    async (kind) => {
      const endpoint = await stage.endpoint();
      const event = await stage.event({ [endpoint]: 'failed' });
      await stage.query('DELETE FROM events WHERE id = $1', [event.id]);
      const ask = () => stage.call('POST', `webhook-deliveries/${deliveryId(event.id, endpoint)}/${kind}/`);
      const waiting = await ask();
      expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([503, '1']);

      await stage.query('UPDATE retention SET dropped_before = $1', [new Date(0)]);
      const refused = await ask();
      await stage.query('UPDATE retention SET dropped_before = NULL', []);

      expect([refused.status, detail(refused)]).toEqual([
        409,
        'The event of this delivery is not in the audit, which keeps events for a limited time. So nothing can be sent.',
      ]);
    },
  );

  it('is sent once with one key, and a retry with that key is refused', async () => {
    const endpoint = await stage.endpoint();
    const event = await stage.event({ [endpoint]: 'success' });
    const key = randomUUID();
    const answers = await atOnce((instance) => stage.resendDelivery(event, endpoint, key, instance));
    expect(statuses(answers)).toEqual(Array(8).fill(202));
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(7);
    const path = `webhook-deliveries/${deliveryId(event.id, endpoint)}/retry/`;
    const refused = await stage.call('POST', path, undefined, key);
    expect([refused.status, Object.keys(refused.body as object)]).toEqual([400, ['Idempotency-Key']]);
    expect(await sentOf(event, 1)).toHaveLength(1);
  });
});
