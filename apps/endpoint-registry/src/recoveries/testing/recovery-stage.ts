import { randomUUID } from 'node:crypto';

import { type CanonicalEvent, type Delivery, deliveryId, SCOPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually, waitFor, whileItMoves } from '@skillora/testing';

import { BEGINNING, iso, LogBuilder } from '../../projection/testing/log-builder.js';
import { ENDPOINT } from '../../testing/isolation-matrix.js';
import { type Answer, RunningRegistry } from '../../testing/running-registry.js';
import type { PresentedRecovery } from '../present-recovery.js';

interface SentRow {
  readonly delivery_id: string;
  readonly event_id: string;
  readonly round: number;
  readonly delivery_created_at: Date;
}

/** How the receivers of a test answer. */
export type Answering = (deliveryId: string) => 'success' | 'failed';

/** Two instances of the service on one database, and what a test of recoveries does with them. */
export class RecoveryStage {
  private begun = 0;

  private constructor(
    readonly instances: readonly [RunningRegistry, RunningRegistry],
    readonly databaseUrl: string,
    readonly organization: string,
    readonly token: string,
  ) {}

  static async open(): Promise<RecoveryStage> {
    const DATABASE_URL = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
    const env = { DATABASE_URL };
    const first = await RunningRegistry.start(env);
    const instances = [first, await RunningRegistry.start(env)] as const;
    const organization = await first.organization();
    const { token } = await first.token(organization, SCOPES);
    return new RecoveryStage(instances, DATABASE_URL, organization, token);
  }

  /** The same stage for an organisation of its own. */
  async anew(): Promise<RecoveryStage> {
    const organization = await this.instances[0].organization();
    const { token } = await this.instances[0].token(organization, SCOPES);
    return new RecoveryStage(this.instances, this.databaseUrl, organization, token);
  }

  async close(): Promise<void> {
    for (const instance of this.instances) await instance.stop();
  }

  call(
    method: string,
    path: string,
    body?: unknown,
    more?: Record<string, string>,
    instance = 0,
  ): Promise<Answer> {
    return this.instances[instance]!.call(
      method,
      `/api/v1/webhook-endpoints/${path}`,
      this.token,
      body,
      more,
    );
  }

  /** @returns its id. It is older than every event of a test, unless the test says otherwise. */
  async endpoint(createdAt = BEGINNING - 1_000): Promise<string> {
    const { id } = (await this.call('POST', '', ENDPOINT)).body as { id: string };
    await this.instances[0].query('UPDATE endpoints SET created_at = $2 WHERE id = $1', [
      id,
      new Date(createdAt),
    ]);
    return id;
  }

  /**
   * Makes events that happened one second after the other, and for each its delivery of the given status; null where the
   * endpoint missed it.
   * @returns the deliveries, once the audit shows them.
   */
  async happened(
    endpoint: string,
    statuses: readonly ('failed' | 'success' | 'pending' | null)[],
  ): Promise<(Delivery & { readonly acceptedAt: string })[]> {
    const log = new LogBuilder();
    const made = statuses.map((status) => {
      log.startAt(BEGINNING + (this.begun += 1) * 1_000);
      const event = log.event(randomUUID(), this.organization);
      const { acceptedAt } = event;
      if (status === null) {
        log.fanOut(event, []);
        return { ...missedDelivery(event, endpoint), acceptedAt };
      }
      const delivery = log.delivery(event, endpoint);
      log.fanOut(event, [delivery]);
      if (status === 'success') log.success(delivery);
      else if (status === 'failed') log.result(delivery, { status });
      return { ...delivery, acceptedAt };
    });
    await this.instances[0].happened(log);
    await waitFor(async () => {
      const [row] = await this.instances[0].query<{ events: string; ended: string; reports: string }>(
        `SELECT (SELECT count(*) FROM events WHERE id = ANY($1::uuid[])) AS events,
                (SELECT count(*) FROM fan_outs WHERE event_id = ANY($1::uuid[])) AS reports,
                (SELECT count(*) FROM deliveries WHERE event_id = ANY($1::uuid[]) AND status IN ('failed', 'success')) AS ended`,
        [made.map(({ eventId }) => eventId)],
      );
      const ended = statuses.filter((status) => status === 'failed' || status === 'success').length;
      return (
        [row?.events, row?.reports].every((count) => Number(count) === made.length) &&
        Number(row?.ended) === ended
      );
    }, 'the history in the audit');
    return made;
  }

  /** Begins a recovery of all that happened, unless the body says otherwise. */
  async begin(endpoint: string, body: object, instance = 0): Promise<PresentedRecovery> {
    const asked = { since: iso(BEGINNING), ...body };
    const { status, body: answer } = await this.call('POST', `${endpoint}/recoveries/`, asked, {}, instance);
    expect([status, answer]).toEqual([202, expect.objectContaining({ status: 'counting' })]);
    return answer as PresentedRecovery;
  }

  async read({ endpoint_id, id }: Pick<PresentedRecovery, 'endpoint_id' | 'id'>): Promise<PresentedRecovery> {
    const { status, body } = await this.call('GET', `${endpoint_id}/recoveries/${id}/`);
    expect(status).toBe(200);
    return body as PresentedRecovery;
  }

  /** How many of its deliveries it has still to send or to see end. */
  async items({ id }: PresentedRecovery): Promise<number> {
    const rows = await this.instances[0].query('SELECT 1 FROM recovery_items WHERE recovery_id = $1', [id]);
    return rows.length;
  }

  /** Waits until a recovery is as expected. */
  async shows(recovery: Pick<PresentedRecovery, 'endpoint_id' | 'id'>, expected: object): Promise<void> {
    await eventually(async () => expect(await this.read(recovery)).toMatchObject(expected));
  }

  /** Cancels. @returns the status of the answer. */
  async cancel({ endpoint_id, id }: PresentedRecovery): Promise<number> {
    return (await this.call('DELETE', `${endpoint_id}/recoveries/${id}/`, undefined, {}, 1)).status;
  }

  /**
   * Makes the attempts of what a recovery has sent, as the dispatchers would.
   * @returns how many there were that had not been made before.
   */
  async attempt(
    { id, endpoint_id }: PresentedRecovery,
    answer: Answering = () => 'success',
  ): Promise<number> {
    const rows = await this.instances[0].query<SentRow>(
      `SELECT delivery_id, event_id, round, delivery_created_at FROM recovery_items
        WHERE recovery_id = $1 AND state = 'sent'`,
      [id],
    );
    const log = new LogBuilder(Date.now());
    for (const row of rows) {
      const delivery: Delivery = {
        deliveryId: row.delivery_id,
        eventId: row.event_id,
        endpointId: endpoint_id,
        organizationId: this.organization,
        eventType: 'interview_completed',
        createdAt: row.delivery_created_at.toISOString(),
        ...{ round: row.round, step: 1, trigger: 'manual', dueAt: iso(Date.now()), body: '{}' },
      };
      log.deliver(delivery);
      if (answer(row.delivery_id) === 'success') log.success(delivery);
      else log.result(delivery, { status: 'failed' });
    }
    if (rows.length > 0) await this.instances[0].happened(log);
    return rows.length;
  }

  /** Makes attempts until the recovery has ended. */
  async finish(recovery: PresentedRecovery, answer?: Answering): Promise<PresentedRecovery> {
    let standing = recovery;
    await whileItMoves('the end of the recovery', async () => {
      await this.attempt(recovery, answer).catch(() => 0);
      standing = await this.read(recovery).catch(() => standing);
      const { expected, sent, skipped, succeeded, failed } = standing;
      return { over: standing.ended_at !== null, come: expected + sent + skipped + succeeded + failed };
    });
    return standing;
  }
}

function missedDelivery(event: CanonicalEvent, endpointId: string): Delivery {
  const { id: eventId, organizationId, eventType, acceptedAt, body } = event;
  return {
    ...{ deliveryId: deliveryId(eventId, endpointId), eventId, endpointId, organizationId, eventType, body },
    ...{ createdAt: acceptedAt, round: 0, step: 1, trigger: 'automatic', dueAt: acceptedAt },
  };
}
