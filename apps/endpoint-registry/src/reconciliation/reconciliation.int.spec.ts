import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { type CanonicalEvent, type Delivery, deliveryId, SCOPES } from '@skillora/contracts';
import { eventually } from '@skillora/testing';

import { iso, LogBuilder } from '../projection/testing/log-builder.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';

const PATH = '/api/v1/audit/reconciliation/';

let registry: RunningRegistry;
let organization: string;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start();
});

afterAll(() => registry.stop());

beforeEach(async () => {
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

/** An event of the organisation, and deliveries that the fan-out made of it for so many endpoints. */
function fannedOut(log: LogBuilder, endpoints: number): Made {
  const made = fannedOutUntold(log, endpoints);
  log.fanOut(made.event, made.deliveries);
  return made;
}

/** As a dispatcher of a release that told nothing of it made them. */
function fannedOutUntold(log: LogBuilder, endpoints: number): Made {
  const event = log.event(randomUUID(), organization);
  const createdAt = iso(log.now());
  const deliveries = Array.from({ length: endpoints }, (): Delivery => {
    const endpointId = randomUUID();
    return {
      deliveryId: deliveryId(event.id, endpointId),
      eventId: event.id,
      endpointId,
      organizationId: organization,
      eventType: event.eventType,
      createdAt,
      round: 0,
      step: 1,
      trigger: 'automatic',
      dueAt: createdAt,
      body: event.body,
    };
  });
  return { event, deliveries };
}

interface Made {
  readonly event: CanonicalEvent;
  readonly deliveries: Delivery[];
}

/** The reconciliation of a day around the first of the events, or as asked. */
function reconciled(around: CanonicalEvent, query: Record<string, string> = {}): Promise<Answer> {
  const at = Date.parse(around.acceptedAt);
  const range = { created_after: iso(at - 3_600_000), created_before: iso(at + 3_600_000 * 23), ...query };
  return registry.call('GET', `${PATH}?${new URLSearchParams(range).toString()}`, token);
}

const NOTHING_MISSING = {
  events_awaiting_fan_out: 0,
  events_not_fanned_out: 0,
  events_missing: 0,
  deliveries_filtered: 0,
  deliveries_missing: 0,
  missing_deliveries: [],
  missing_event_ids: [],
  not_fanned_out_event_ids: [],
  log_gaps_count: 0,
  log_gaps: [],
  truncated: false,
};

describe('the reconciliation of a time range', () => {
  it('finds everything that was made, ended or open', async () => {
    const log = new LogBuilder();
    const { event, deliveries } = fannedOut(log, 4);
    fannedOut(log, 0);
    for (const each of deliveries) log.deliver(each);
    log.success(deliveries[0]!);
    log.result(deliveries[1]!, { status: 'failed' });
    log.result(deliveries[2]!, { nextRetryAt: iso(log.now()) });
    await registry.happened(log);

    await eventually(async () => {
      const { status, body } = await reconciled(event);
      expect([status, body]).toEqual([
        200,
        {
          created_after: iso(Date.parse(event.acceptedAt) - 3_600_000),
          created_before: iso(Date.parse(event.acceptedAt) + 23 * 3_600_000),
          events_accepted: 2,
          deliveries_expected: 4,
          deliveries_ended: 2,
          deliveries_open: 2,
          ...NOTHING_MISSING,
        },
      ]);
    });
  });

  it('names what was deleted of the log before the audit had read it, where that was noticed since the range began', async () => {
    const log = new LogBuilder();
    const { event } = fannedOut(log, 1);
    await registry.happened(log);
    await registry.query(
      "INSERT INTO log_gaps (topic, partition, from_offset, to_offset, noticed_at) VALUES ('webhook.events', 5, 17, 20, $1)",
      [event.acceptedAt],
    );

    try {
      expect((await reconciled(event)).body).toMatchObject({
        log_gaps_count: 1,
        log_gaps: [
          {
            topic: 'webhook.events',
            partition: 5,
            from_offset: 17,
            to_offset: 20,
            noticed_at: event.acceptedAt,
          },
        ],
      });
      expect((await reconciled(event, { created_after: event.acceptedAt })).body).toMatchObject({
        log_gaps: [],
      });
    } finally {
      await registry.query('DELETE FROM log_gaps', []);
    }
  });

  it('names a delivery that the audit has lost, and one that it never heard of', async () => {
    const log = new LogBuilder();
    const { event, deliveries } = fannedOut(log, 3);
    const [kept, lost, unheard] = deliveries as [Delivery, Delivery, Delivery];
    for (const each of [kept, lost]) {
      log.deliver(each);
      log.success(each);
    }
    await registry.happened(log);
    const missing = (each: Delivery) => ({
      id: each.deliveryId,
      event_id: event.id,
      endpoint_id: each.endpointId,
      created_at: each.createdAt,
    });
    await eventually(async () => {
      expect((await reconciled(event)).body).toMatchObject({
        deliveries_expected: 3,
        deliveries_ended: 2,
        deliveries_missing: 1,
        missing_deliveries: [missing(unheard)],
      });
    });

    await registry.applied();
    await registry.query('DELETE FROM deliveries WHERE id = $1', [lost.deliveryId]);

    const { body } = await reconciled(event);
    expect(body).toMatchObject({
      deliveries_expected: 3,
      deliveries_ended: 1,
      deliveries_open: 0,
      deliveries_missing: 2,
      missing_deliveries: [lost, unheard].map(missing).sort((a, b) => (a.id < b.id ? -1 : 1)),
      truncated: false,
    });
  });

  it('names events that were not fanned out, and events that the audit has lost', async () => {
    const log = new LogBuilder();
    const forgotten = log.event(randomUUID(), organization);
    const { event: lost } = fannedOut(log, 0);
    await registry.happened(log);
    await eventually(async () => {
      expect((await reconciled(forgotten)).body).toMatchObject({
        events_accepted: 2,
        events_not_fanned_out: 1,
        not_fanned_out_event_ids: [forgotten.id],
        events_missing: 0,
      });
    });

    await registry.applied();
    await registry.query('DELETE FROM events WHERE id = $1', [lost.id]);

    expect((await reconciled(forgotten)).body).toMatchObject({
      events_accepted: 1,
      events_not_fanned_out: 1,
      events_missing: 1,
      missing_event_ids: [lost.id],
    });
  });

  it('misses no report of an event whose deliveries are there, made by a release that did not tell of them', async () => {
    const log = new LogBuilder();
    const { event, deliveries } = fannedOutUntold(log, 2);
    for (const each of deliveries) log.deliver(each);
    const { event: forNobody } = fannedOutUntold(log, 0);
    await registry.happened(log);

    await eventually(async () => {
      expect((await reconciled(event)).body).toMatchObject({
        ...NOTHING_MISSING,
        events_accepted: 2,
        events_not_fanned_out: 1,
        not_fanned_out_event_ids: [forNobody.id],
        deliveries_expected: 0,
      });
    });
  });

  it('takes what has just happened for on its way', async () => {
    // It is new for a minute. Where the audit has it later than that, it happens once more, to another organisation.
    await eventually(async () => {
      organization = await registry.organization();
      ({ token } = await registry.token(organization, SCOPES));
      const [waiting, fresh] = [new LogBuilder(), new LogBuilder()];
      for (const log of [waiting, fresh]) log.startAt(Date.now() - 5_000);
      waiting.event(randomUUID(), organization);
      fannedOut(fresh, 2);
      for (const log of [waiting, fresh]) await registry.happened(log);
      await registry.applied();
      expect((await registry.call('GET', PATH, token)).body).toMatchObject({
        events_accepted: 2,
        deliveries_expected: 2,
        deliveries_open: 2,
        ...NOTHING_MISSING,
        events_awaiting_fan_out: 1,
      });
    });
  });

  it('expects nothing of an event that was accepted again', async () => {
    const log = new LogBuilder();
    const { event, deliveries } = fannedOut(log, 1);
    for (const each of deliveries) log.success(each);
    log.again(event, 3_600_000);
    await registry.happened(log);

    await eventually(async () => {
      expect((await reconciled(event)).body).toMatchObject({
        events_accepted: 1,
        deliveries_expected: 1,
        deliveries_ended: 1,
        ...NOTHING_MISSING,
      });
    });
  });

  it('leaves out what lies on or beyond its ends', async () => {
    const log = new LogBuilder();
    const { event, deliveries } = fannedOut(log, 1);
    for (const each of deliveries) log.success(each);
    await registry.happened(log);
    await eventually(async () => {
      expect((await reconciled(event)).body).toMatchObject({ events_accepted: 1, deliveries_ended: 1 });
    });

    for (const side of ['created_after', 'created_before']) {
      expect((await reconciled(event, { [side]: event.acceptedAt })).body).toMatchObject({
        events_accepted: 0,
        deliveries_expected: 0,
        ...NOTHING_MISSING,
      });
    }
  });

  it('names a thousand of what is missing, and says that there is more', async () => {
    const log = new LogBuilder();
    const { event } = fannedOut(log, 1_001);
    await registry.happened(log);

    await eventually(async () => {
      const { body } = await reconciled(event);
      expect(body).toMatchObject({ deliveries_missing: 1_001, truncated: true });
      expect((body as { missing_deliveries: unknown[] }).missing_deliveries.length).toBe(1_000);
    });
  });

  it.each([
    ['created_after', '2024-02-30', /ISO 8601/],
    ['created_after', '2999-01-01', /in the past|earlier/],
    ['created_after', '2020-01-01', /31 days/],
  ])('is refused for %s=%s', async (name, value, rule) => {
    const { status, body } = await registry.call('GET', `${PATH}?${name}=${value}`, token);
    expect([status, body]).toEqual([400, { [name]: [expect.stringMatching(rule)] }]);
  });
});
