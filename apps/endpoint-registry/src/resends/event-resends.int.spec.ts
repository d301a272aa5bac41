import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { deliveryId, noticeSource } from '@skillora/contracts';
import { eventually } from '@skillora/testing';

import { BEGINNING, iso, LogBuilder } from '../projection/testing/log-builder.js';
import { RecoveryStage } from '../recoveries/testing/recovery-stage.js';
import type { EventResendAnswer } from './resend-answer.js';
import { atOnce, detail, once, sentOf, statuses } from './testing/resend-answers.js';
import { ResendStage } from './testing/resend-stage.js';

let shared: RecoveryStage;
let stage: ResendStage;

beforeAll(async () => (shared = await RecoveryStage.open()));

beforeEach(async () => (stage = new ResendStage(await shared.anew())));

afterAll(() => shared.close());

describe('an event that is sent again', () => {
  it('goes to all active endpoints that want it now, whatever became of it there', async () => {
    const [arrived, failed, missed, open, inactive, other] = [
      await stage.endpoint(),
      await stage.endpoint(),
      await stage.endpoint(),
      await stage.endpoint(),
      await stage.endpoint({ is_active: false }),
      await stage.endpoint({ events: ['mock_interview_completed'] }),
    ];
    const event = await stage.event({
      ...{ [arrived]: 'success', [failed]: 'failed', [missed]: 'nothing', [open]: 'pending' },
      ...{ [inactive]: 'failed', [other]: 'failed' },
    });
    const answer = await stage.resendEvent(event);
    expect([answer.status, answer.body]).toEqual([
      202,
      {
        status: 'success',
        message: 'The event is being sent again to 3 endpoints',
        deliveries: [arrived, failed, missed].map((each) => ({
          id: deliveryId(event.id, each),
          endpoint_id: each,
        })),
        skipped: [{ endpoint_id: open, detail: expect.stringContaining('is pending') }],
      },
    ]);
    const sent = await sentOf(event, 3);
    expect(sent.map(({ endpointId }) => endpointId).sort()).toEqual([arrived, failed, missed].sort());
    for (const { round, body, eventId } of sent) {
      expect([round, body, eventId]).toEqual([1, event.body, event.id]);
    }
    // A delivery that was missed counts from now on in the reconciliation, and the others once as before.
    const range = `created_after=${iso(BEGINNING - 1)}&created_before=${iso(Date.parse(event.acceptedAt) + 1)}`;
    await eventually(async () => {
      const { body } = await stage.call('GET', `audit/reconciliation/?${range}`);
      expect(body).toMatchObject({ deliveries_expected: 6, deliveries_missing: 0, events_not_fanned_out: 0 });
    });
  });

  it('goes to the named endpoints, also to one that does not want it any more', async () => {
    const [arrived, other] = [await stage.endpoint(), await stage.endpoint()];
    const event = await stage.event({ [arrived]: 'success', [other]: 'success' });
    const change = { events: ['mock_interview_completed'] };
    await stage.call('PATCH', `webhook-endpoints/${arrived}/`, change);
    const answer = await stage.resendEvent(event, { endpoint_ids: [arrived.toUpperCase(), arrived] });
    expect(answer.status).toBe(202);
    expect((answer.body as EventResendAnswer).deliveries.map((each) => each.endpoint_id)).toEqual([arrived]);
    expect(await sentOf(event, 1)).toMatchObject([{ endpointId: arrived }]);
  });

  it('goes where a filter left it out only if the filter lets it through now', async () => {
    const filter = { 'data.interview_id': [{ prefix: 'no-such-' }] };
    const endpoint = await stage.endpoint({ filter });
    const event = await stage.event({ [endpoint]: 'filtered' });
    const refused = await stage.resendEvent(event);
    expect([refused.status, detail(refused)]).toEqual([
      409,
      expect.stringContaining('leaves this event out'),
    ]);
    await stage.call('PATCH', `webhook-endpoints/${endpoint}/`, { filter: null });
    expect((await stage.resendEvent(event)).status).toBe(202);
    await stage.attempt(event, endpoint, 'success');
    await stage.shows(event, endpoint, { status: 'success', attempt_count: 1 });
  });

  it('does not go where a filter leaves it out now, although it arrived there before, unless the endpoint is named', async () => {
    const [filtered, arrived] = [await stage.endpoint(), await stage.endpoint()];
    const event = await stage.event({ [filtered]: 'success', [arrived]: 'success' });
    const filter = { 'data.interview_id': [{ prefix: 'no-such-' }] };
    await stage.call('PATCH', `webhook-endpoints/${filtered}/`, { filter });
    const answer = await stage.resendEvent(event);
    expect([answer.status, answer.body]).toMatchObject([
      202,
      {
        deliveries: [{ endpoint_id: arrived }],
        skipped: [{ endpoint_id: filtered, detail: 'The filter of the endpoint leaves this event out.' }],
      },
    ]);
    const named = await stage.resendEvent(event, { endpoint_ids: [filtered] });
    expect([named.status, named.body]).toMatchObject([
      202,
      { deliveries: [{ endpoint_id: filtered }], skipped: [] },
    ]);
  });

  it('is not sent while its deliveries may still be made', async () => {
    const endpoint = await stage.endpoint();
    const log = new LogBuilder(Date.now() - 6 * 3_600_000 - 60_000);
    const event = log.event(randomUUID(), stage.organization);
    await shared.instances[0].happened(log);
    await shared.instances[0].applied();
    const early = await stage.resendEvent(event);
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);

    const later = new LogBuilder(Date.now());
    later.fanOut(event, []);
    await shared.instances[0].happened(later);
    await eventually(async () => expect((await stage.resendEvent(event)).status).toBe(202));
    expect(await sentOf(event, 1)).toMatchObject([{ endpointId: endpoint, attemptsBefore: 0 }]);
  });

  it('is not sent to the endpoint that it is a notice about, nor if it is a test send', async () => {
    const about = await stage.endpoint({ events: ['endpoint.failing'] });
    const notice = await stage.event(
      {},
      { id: randomUUID(), eventType: 'endpoint.failing', source: noticeSource(about) },
    );
    const refused = await stage.resendEvent(notice, { endpoint_ids: [about] });
    expect([refused.status, detail(refused)]).toEqual([409, 'An endpoint never gets a notice about itself.']);
    const test = await stage.event({}, { id: randomUUID(), eventType: 'test' });
    const again = await stage.resendEvent(test, { endpoint_ids: [about] });
    expect([again.status, detail(again)]).toEqual([409, expect.stringContaining('test send')]);
  });

  it('is sent once with one key, and another body with that key is refused', async () => {
    const endpoint = await stage.endpoint();
    const event = await stage.event({ [endpoint]: 'success' });
    const key = randomUUID();
    const answers = await atOnce((instance) => stage.resendEvent(event, {}, key, instance));
    expect(statuses(answers)).toEqual(Array(8).fill(202));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    await stage.query('UPDATE idempotency_keys SET settled_at = NULL WHERE key = $1', [key]);
    expect((await stage.resendEvent(event, {}, key, 1)).body).toEqual(answers[0]!.body);
    expect((await stage.resendEvent(event, { endpoint_ids: [endpoint] }, key)).status).toBe(400);
    expect(await sentOf(event, 1)).toHaveLength(1);
  });

  it('gets one round together with its delivery, whoever comes first', async () => {
    const endpoint = await stage.endpoint();
    const event = await stage.event({ [endpoint]: 'success' });
    const answers = await atOnce((instance) =>
      instance === 0 ? stage.resendEvent(event) : stage.resendDelivery(event, endpoint, undefined, instance),
    );
    expect(statuses(answers)).toEqual(once);
    expect(await sentOf(event, 1)).toHaveLength(1);
  });

  it('counts as one of the retries of a minute', async () => {
    const [one, two] = [await stage.endpoint(), await stage.endpoint()];
    const event = await stage.event({ [one]: 'success', [two]: 'success' });
    await stage.query(
      `INSERT INTO recent_uses (organization_id, kind, subject, used_at)
       VALUES ($1, 'retry', $1, array_fill(clock_timestamp(), ARRAY[59]))`,
      [stage.organization],
    );
    const answer = await stage.resendEvent(event);
    expect((answer.body as EventResendAnswer).deliveries).toHaveLength(2);
    await stage.attempt(event, one, 'success');
    await stage.shows(event, one, { attempt_count: 2 });
    // What has come so far may have taken a minute: all that was counted is counted as of now.
    await stage.query(
      `UPDATE recent_uses SET used_at = array_fill(clock_timestamp(), ARRAY[cardinality(used_at)])
        WHERE organization_id = $1`,
      [stage.organization],
    );
    const refused = await stage.resendDelivery(event, one);
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });

  it('is in the log of changes, as its delivery is', async () => {
    const endpoint = await stage.endpoint();
    const event = await stage.event({ [endpoint]: 'success' });
    await stage.resendEvent(event);
    await stage.attempt(event, endpoint, 'success');
    await stage.shows(event, endpoint, { attempt_count: 2 });
    await stage.resendDelivery(event, endpoint);
    const { body } = await stage.call('GET', 'audit/changes/');
    expect((body as { results: unknown[] }).results.slice(0, 2)).toMatchObject([
      {
        ...{ action: 'delivery.resent', object_id: deliveryId(event.id, endpoint) },
        before: { status: 'success', round: 1 },
        after: { status: 'success', round: 2, endpoint_id: endpoint, event_id: event.id },
      },
      {
        ...{ action: 'event.resent', object_type: 'event', object_id: event.id, before: null },
        after: { event_type: 'interview_completed', endpoint_ids: [endpoint] },
      },
    ]);
  });

  it('names endpoints that there are, by their ids', async () => {
    const deleted = await stage.endpoint();
    const event = await stage.event({ [deleted]: 'success' });
    await stage.call('DELETE', `webhook-endpoints/${deleted}/`);
    const foreign = await new ResendStage(await shared.anew()).endpoint();
    for (const id of [foreign, deleted, randomUUID()]) {
      const unknown = await stage.resendEvent(event, { endpoint_ids: [id] });
      expect([unknown.status, detail(unknown)]).toEqual([404, `endpoint_ids: there is no endpoint ${id}.`]);
    }
    const bad = await stage.resendEvent(event, { endpoint_ids: ['x'] });
    expect([bad.status, bad.body]).toEqual([400, { endpoint_ids: ['“x” is not a valid UUID.'] }]);
    expect((await stage.resendEvent({ id: randomUUID() }, { endpoint_ids: ['x'] })).status).toBe(404);
    const nobody = await stage.resendEvent(event);
    expect([nobody.status, detail(nobody)]).toEqual([409, expect.stringContaining('No active endpoint')]);
  });
});
