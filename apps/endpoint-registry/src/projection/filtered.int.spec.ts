import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { type CanonicalEvent, deliveryId, SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually } from '@skillora/testing';

import { ENDPOINT } from '../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../testing/running-registry.js';
import { DAY_MS } from './partition-range.js';
import { BEGINNING, iso, LogBuilder } from './testing/log-builder.js';

let registry: RunningRegistry;
let organization: string;
let token: string;

beforeAll(async () => {
  registry = await RunningRegistry.start({
    DATABASE_URL: await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''),
  });
  organization = await registry.organization();
  ({ token } = await registry.token(organization, SCOPES));
});

afterAll(() => registry.stop());

const call = (method: string, path: string, body?: object): Promise<Answer> =>
  registry.call(method, `/api/v1/${path}`, token, body);

async function endpoint(): Promise<string> {
  return ((await call('POST', 'webhook-endpoints/', ENDPOINT)).body as { id: string }).id;
}

interface Listed {
  readonly results: { readonly id: string; readonly status: string; readonly endpoint_id: string }[];
}
async function listed(path: string): Promise<Listed['results']> {
  const { status, body } = await call('GET', path);
  expect(status).toBe(200);
  return (body as Listed).results;
}

async function deliveriesOf({ id }: CanonicalEvent): Promise<unknown> {
  const { status, body } = await call('GET', `webhook-events/${id}/`);
  expect(status).toBe(200);
  return (body as { deliveries: unknown }).deliveries;
}

describe('an event that a filter left out', () => {
  it('says whom it was not delivered to, without counting or burying what was delivered', async () => {
    const [wanting, filtering] = [await endpoint(), await endpoint()];
    const log = new LogBuilder();
    const event = log.event(randomUUID(), organization);
    const delivery = log.delivery(event, wanting);
    log.fanOut(event, [delivery], [filtering]);
    log.success(delivery);
    await registry.happened(log);
    const counts = { pending: 0, retrying: 0, success: 1, failed: 0, filtered: 1 };
    await eventually(async () => expect(await deliveriesOf(event)).toEqual(counts));

    const id = deliveryId(event.id, filtering);
    const shown = {
      id,
      event_id: event.id,
      endpoint_id: filtering,
      event_type: 'interview_completed',
      status: 'filtered',
      attempt_count: 0,
      next_retry_at: null,
      response_status: null,
      error: null,
      created_at: delivery.createdAt,
      updated_at: delivery.createdAt,
      delivered_at: null,
      attempts: [],
    };
    expect((await call('GET', `webhook-deliveries/${id}/`)).body).toEqual(shown);
    const ofEvent = await listed(`webhook-events/${event.id}/deliveries/`);
    expect(ofEvent.map(({ status }) => status).sort()).toEqual(['filtered', 'success']);
    expect(await listed(`webhook-deliveries/?event_id=${event.id}`)).toEqual(ofEvent);
    expect(await listed(`webhook-events/${event.id}/deliveries/?status=filtered`)).toEqual([shown]);

    // Lists of an endpoint or an organisation show it only if it is asked for.
    expect(await listed(`webhook-deliveries/?endpoint_id=${filtering}`)).toEqual([]);
    expect(await listed(`webhook-deliveries/?endpoint_id=${filtering}&status=filtered`)).toEqual([shown]);
    expect(await listed('webhook-deliveries/?status=filtered')).toEqual([shown]);
    expect((await listed('webhook-deliveries/')).map((each) => each.id)).toEqual([delivery.deliveryId]);
    expect((await call('GET', `webhook-endpoints/${filtering}/`)).body).toMatchObject({
      total_deliveries: 0,
      failed_deliveries: 0,
      last_triggered_at: null,
    });

    const retry = await call('POST', `webhook-deliveries/${id}/retry/`);
    expect([retry.status, retry.body]).toEqual([
      409,
      { detail: expect.stringContaining('the filter of the endpoint left the event out') },
    ]);
    const at = Date.parse(event.acceptedAt);
    const range = `created_after=${iso(at - 1_000)}&created_before=${iso(at + 1_000)}`;
    expect((await call('GET', `audit/reconciliation/?${range}`)).body).toMatchObject({
      deliveries_expected: 2,
      deliveries_ended: 1,
      deliveries_open: 0,
      deliveries_filtered: 1,
      deliveries_missing: 0,
    });
  });

  it('stays as it is when its endpoint is deleted, and counts once if its report is read twice', async () => {
    const filtering = await endpoint();
    const log = new LogBuilder();
    const event = log.event(randomUUID(), organization);
    const now = iso(log.now());
    for (let copy = 0; copy < 2; copy += 1) log.fanOut(event, [], [filtering], now);
    await registry.happened(log);
    const counts = { pending: 0, retrying: 0, success: 0, failed: 0, filtered: 1 };
    await eventually(async () => expect(await deliveriesOf(event)).toEqual(counts));
    expect((await call('DELETE', `webhook-endpoints/${filtering}/`)).status).toBe(204);
    const later = new LogBuilder(Date.now());
    const marker = later.event(randomUUID(), organization);
    later.fanOut(marker, [], [randomUUID()]);
    await registry.happened(later);
    await eventually(async () => expect(await deliveriesOf(marker)).toEqual(counts));
    expect(await deliveriesOf(event)).toEqual(counts);
  });

  it('is shown for very many endpoints, and a filtered delivery that is missing is found', async () => {
    const log = new LogBuilder(BEGINNING + 5 * DAY_MS);
    const event = log.event(randomUUID(), organization);
    const ids = Array.from({ length: 3_900 }, () => randomUUID());
    log.fanOut(event, [], ids);
    await registry.happened(log);
    await eventually(async () => expect(await deliveriesOf(event)).toMatchObject({ filtered: ids.length }));
    const missing = deliveryId(event.id, ids[7]!);
    await registry.applied();
    await registry.query('DELETE FROM deliveries WHERE id = $1', [missing]);
    const at = Date.parse(event.acceptedAt);
    const range = `created_after=${iso(at - 1_000)}&created_before=${iso(at + 1_000)}`;
    expect((await call('GET', `audit/reconciliation/?${range}`)).body).toMatchObject({
      deliveries_expected: ids.length,
      deliveries_filtered: ids.length - 1,
      deliveries_missing: 1,
      missing_deliveries: [{ id: missing, endpoint_id: ids[7] }],
    });
  });
});
