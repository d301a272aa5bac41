import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { SCOPES } from '@skillora/contracts';
import { eventually } from '@skillora/testing';

import { TablePartitions } from '../projection/table-partitions.js';
import { LogBuilder } from '../projection/testing/log-builder.js';
import { RunningRegistry } from '../testing/running-registry.js';

const STREAM = '/api/v1/webhook-deliveries/stream/';

interface StreamedChange {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly id?: string; readonly status?: string };
}

/** Reads a stream from its beginning. */
class Reader {
  readonly told: StreamedChange[] = [];
  ended = false;
  private readonly cancel = new AbortController();

  constructor(response: Response) {
    void this.read(response);
  }

  stop(): void {
    this.cancel.abort();
  }

  statuses(deliveryId: string): (string | undefined)[] {
    const all = this.told.filter(({ data }) => data.id === deliveryId).map(({ data }) => data.status);
    return all.filter((status, index) => status !== all[index - 1]);
  }

  private async read({ body }: Response): Promise<void> {
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    this.cancel.signal.addEventListener('abort', () => void reader.cancel());
    let text = '';
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done) break;
      text += value ?? '';
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = field('event');
        if (event !== undefined) {
          this.told.push({ event, id: field('id') ?? '', data: JSON.parse(field('data') ?? '') });
        }
      }
    }
    this.ended = true;
  }
}

let registry: RunningRegistry;
const readers: Reader[] = [];

beforeAll(async () => {
  registry = await RunningRegistry.start();
});

afterAll(async () => {
  for (const reader of readers) reader.stop();
  await registry.stop();
});

async function follow(token: string, lastEventId?: string): Promise<Reader> {
  const response = await registry.follow(STREAM, token, lastEventId);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const reader = new Reader(response);
  readers.push(reader);
  await eventually(() => expect(reader.told[0]?.event).toBe('ready'));
  return reader;
}

async function organizationWithToken(): Promise<{ organization: string; token: string; id: string }> {
  const organization = await registry.organization();
  return { organization, ...(await registry.token(organization, SCOPES)) };
}

it('tells of a delivery as it stands after each change, and of no other organisation’s', async () => {
  const [mine, theirs] = [await organizationWithToken(), await organizationWithToken()];
  const [me, they] = [await follow(mine.token), await follow(theirs.token)];
  const log = new LogBuilder();
  const delivery = log.delivery(log.event(randomUUID(), mine.organization), randomUUID());
  await registry.happened(log);
  await eventually(() => expect(me.statuses(delivery.deliveryId)).toEqual(['pending']));

  const later = new LogBuilder();
  later.success(delivery);
  await registry.happened(later);
  await eventually(() => expect(me.statuses(delivery.deliveryId)).toEqual(['pending', 'success']));
  const shown = await registry.call('GET', `/api/v1/webhook-deliveries/${delivery.deliveryId}/`, mine.token);
  const { attempts, ...rest } = shown.body as {
    attempts: { response_body: string; response_headers: unknown }[];
  };
  expect(attempts.map(({ response_body }) => response_body)).toEqual(['ok']);
  // What was answered is read where the delivery is: a reader that follows many gets none of it.
  expect(me.told.at(-1)?.data).toEqual({
    ...rest,
    attempts: attempts.map(({ response_body: _body, response_headers: _headers, ...attempt }) => attempt),
  });
  expect(they.told.map(({ event }) => event)).toEqual(['ready']);
});

it('goes on from the event read last', async () => {
  const { organization, token } = await organizationWithToken();
  const first = await follow(token);
  const { id } = first.told[0]!;
  first.stop();
  const log = new LogBuilder();
  const delivery = log.delivery(log.event(randomUUID(), organization), randomUUID());
  log.success(delivery);
  await registry.happened(log);
  await registry.applied();

  const second = await follow(token, id);

  await eventually(() => expect(second.statuses(delivery.deliveryId)).toEqual(['success']));
});

it('says that it cannot go on from too long ago', async () => {
  const { token } = await organizationWithToken();
  const reader = await follow(token, '1000');
  await eventually(() => expect(reader.told.map(({ event }) => event)).toEqual(['ready', 'reset']));
});

it('refuses an id that is none of its own', async () => {
  const { token } = await organizationWithToken();
  const { status } = await registry.follow(STREAM, token, 'yesterday');
  expect(status).toBe(400);
});

it('ends when its token is revoked', async () => {
  const { id, token } = await organizationWithToken();
  const reader = await follow(token);
  await registry.revoke(id);
  await eventually(() => expect(reader.ended).toBe(true));
});

it('opens no more for an organisation than it can have', async () => {
  const { token } = await organizationWithToken();
  for (let index = 0; index < 25; index += 1) await follow(token);
  const refused = await registry.follow(STREAM, token);
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true]);
});

describe('a customer with more changes than can be told', () => {
  /**
   * So many deliveries of an organisation change in one moment, as a projection that catches up writes them.
   */
  const change = (organization: string, count: number) =>
    registry.query(
      `INSERT INTO deliveries (id, event_id, endpoint_id, organization_id, event_type, status, round, step, step_ended, attempt_count, created_at, updated_at)
       SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $1, 'interview_completed', 'pending', 0, 1, false, 0, now(), now()
         FROM generate_series(1, $2)`,
      [organization, count],
    );

  it('is told to look again, and no other customer is, who is told of each change', async () => {
    const [busy, quiet] = [await organizationWithToken(), await organizationWithToken()];
    const [overwhelmed, calm] = [await follow(busy.token), await follow(quiet.token)];
    await registry.of(TablePartitions).cover([Date.now(), Date.now() + 3_600_000]);
    await change(busy.organization, 3_000);
    const log = new LogBuilder();
    const delivery = log.delivery(log.event(randomUUID(), quiet.organization), randomUUID());
    log.success(delivery);
    await registry.happened(log);

    await eventually(() => expect(overwhelmed.told.map(({ event }) => event)).toContain('reset'));
    await eventually(() => expect(calm.statuses(delivery.deliveryId).at(-1)).toBe('success'));
    expect(new Set(calm.told.map(({ event }) => event))).toEqual(new Set(['ready', 'delivery']));
    expect(overwhelmed.told.some(({ event }) => event === 'delivery')).toBe(false);
  });
});
