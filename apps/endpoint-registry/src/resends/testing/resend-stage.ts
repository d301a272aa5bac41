import { randomUUID } from 'node:crypto';

import { type CanonicalEvent, type Delivery, deliveryId } from '@skillora/contracts';
import { eventually } from '@skillora/testing';

import { BEGINNING, iso, LogBuilder } from '../../projection/testing/log-builder.js';
import type { RecoveryStage } from '../../recoveries/testing/recovery-stage.js';
import { ENDPOINT } from '../../testing/isolation-matrix.js';
import { Obstacle } from '../../testing/obstacle.js';
import type { Answer } from '../../testing/running-registry.js';

/** What became of an event at an endpoint. */
export type Became = 'success' | 'failed' | 'retrying' | 'pending' | 'filtered' | 'nothing';

let begun = 0;

/** An organisation on two instances of the service, and what a test does that sends again. */
export class ResendStage {
  constructor(private readonly stage: RecoveryStage) {}

  get organization(): string {
    return this.stage.organization;
  }

  query<T>(text: string, parameters: unknown[]): Promise<T[]> {
    return this.stage.instances[0].query<T>(text, parameters);
  }

  call(method: string, path: string, body?: unknown, key?: string, instance = 0): Promise<Answer> {
    return this.stage.instances[instance]!.call(
      method,
      `/api/v1/${path}`,
      this.stage.token,
      body,
      key === undefined ? {} : { 'idempotency-key': key },
    );
  }

  /** @returns the id of a new endpoint. */
  async endpoint(more: object = {}): Promise<string> {
    const { status, body } = await this.call('POST', 'webhook-endpoints/', { ...ENDPOINT, ...more });
    expect(status).toBe(201);
    return (body as { id: string }).id;
  }

  /** Something that happened to one event, once the audit shows it. */
  async event(
    became: Readonly<Record<string, Became>>,
    change: Partial<CanonicalEvent> = {},
  ): Promise<CanonicalEvent> {
    const log = new LogBuilder(BEGINNING + (begun += 1) * 60_000);
    const event = { ...log.event(randomUUID(), this.organization), ...change };
    if (Object.keys(change).length > 0) log.accept(event);
    const made: Delivery[] = [];
    const filtered: string[] = [];
    for (const [endpoint, what] of Object.entries(became)) {
      if (what === 'filtered') filtered.push(endpoint);
      if (what === 'filtered' || what === 'nothing') continue;
      const first = made[0];
      if (first) {
        made.push({ ...first, deliveryId: deliveryId(event.id, endpoint), endpointId: endpoint });
        log.deliver(made.at(-1) ?? first);
      } else made.push(log.delivery(event, endpoint));
    }
    log.fanOut(event, made, filtered);
    for (const delivery of made) {
      const what = became[delivery.endpointId];
      if (what === 'success') log.success(delivery);
      else if (what === 'failed') log.result(delivery, { status: 'failed' });
      else if (what === 'retrying') log.result(delivery, { nextRetryAt: iso(Date.now() + 60_000) });
    }
    await this.stage.instances[0].happened(log);
    await eventually(async () => {
      const { status } = await this.call('GET', `webhook-events/${event.id}/`);
      expect(status).toBe(200);
      const { body } = await this.call('GET', `webhook-events/${event.id}/deliveries/`);
      const shown = (body as { results: { endpoint_id: string; status: string }[] }).results;
      expect(Object.fromEntries(shown.map((each) => [each.endpoint_id, each.status]))).toEqual(
        Object.fromEntries(Object.entries(became).filter(([, what]) => what !== 'nothing')),
      );
      const [row] = await this.query<{ reports: number }>(
        'SELECT count(*)::integer AS reports FROM fan_outs WHERE event_id = $1',
        [event.id],
      );
      expect(row?.reports).toBe(1);
    });
    return event;
  }

  /** Makes the newest attempt of a delivery that was asked for, as the dispatchers would. */
  async attempt(
    event: CanonicalEvent,
    endpointId: string,
    outcome: 'success' | 'failed' | 'retrying',
  ): Promise<void> {
    const id = deliveryId(event.id, endpointId);
    const [row] = await this.query<{ round: number; delivery_created_at: Date }>(
      'SELECT round, delivery_created_at FROM requested_rounds WHERE delivery_id = $1',
      [id],
    );
    const delivery: Delivery = {
      ...{ deliveryId: id, eventId: event.id, endpointId, organizationId: this.organization },
      ...{ eventType: event.eventType, createdAt: row!.delivery_created_at.toISOString(), body: event.body },
      ...{ round: row!.round, step: 1, trigger: 'manual', dueAt: iso(Date.now()) },
    };
    const log = new LogBuilder(Date.now());
    if (outcome === 'success') log.success(delivery);
    else if (outcome === 'failed') log.result(delivery, { status: 'failed' });
    else log.result(delivery, { nextRetryAt: iso(Date.now() + 60_000) });
    await this.stage.instances[0].happened(log);
  }

  /**
   * Asks for something while a change of an endpoint holds the lock of its organisation; the change takes effect when
   * the request waits for that lock.
   * @param change what is set in the row of the endpoint, in SQL.
   */
  async whileChanging(endpointId: string, change: string, ask: () => Promise<Answer>): Promise<Answer> {
    const obstacle = await Obstacle.on(this.stage.databaseUrl);
    try {
      await obstacle.lock(
        `SET LOCAL webhook.log_changes = off;
         SELECT FROM organizations WHERE id = '${this.organization}' FOR NO KEY UPDATE;
         UPDATE endpoints SET ${change} WHERE id = '${endpointId}'`,
      );
      const answer = ask();
      await obstacle.stops('WITH locked AS');
      await obstacle.letGo();
      return await answer;
    } finally {
      await obstacle.close();
    }
  }

  /** Waits until the audit shows a delivery as expected. */
  async shows(event: CanonicalEvent, endpointId: string, expected: object): Promise<void> {
    await eventually(async () => {
      const { body } = await this.call('GET', `webhook-deliveries/${deliveryId(event.id, endpointId)}/`);
      expect(body).toMatchObject(expected);
    });
  }

  resendDelivery(event: CanonicalEvent, endpointId: string, key?: string, instance = 0): Promise<Answer> {
    const path = `webhook-deliveries/${deliveryId(event.id, endpointId)}/resend/`;
    return this.call('POST', path, undefined, key, instance);
  }

  resendEvent(
    { id }: Pick<CanonicalEvent, 'id'>,
    body?: unknown,
    key?: string,
    instance = 0,
  ): Promise<Answer> {
    return this.call('POST', `webhook-events/${id}/resend/`, body, key, instance);
  }
}
