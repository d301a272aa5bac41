import { Inject, Injectable } from '@nestjs/common';
import {
  type Delivery,
  deliverySchema,
  type DeliveryStatus,
  type EventType,
  isUuid,
  manualRetrySchema,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import { deliveryAttributes, TRACER, type Tracer } from '@skillora/operability';
import { conflict, notFound, unavailable } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { writeOutbox } from '../outbox/outbox.js';
import { OutboxRelay } from '../outbox/relay.js';
import { allocateRounds } from './requested-rounds.js';

interface RetryableRow {
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly event_type: EventType;
  readonly status: DeliveryStatus;
  readonly round: number;
  readonly created_at: Date;
  readonly payload: string | null;
  /** bigint, as the driver gives it. */
  readonly endpoint_version: string | null;
}

/**
 * Starts a new round of a delivery: an attempt at once, and the automatic schedule anew after it. A marker tells the
 * dispatchers that what still waits of earlier rounds is to be dropped. Of an endpoint that is deleted or inactive they
 * make no attempt, and the round ends with that. The delivery's state changes when the
 * projection has read the round from the log.
 */
@Injectable()
export class ManualRetry {
  constructor(
    private readonly dataSource: DataSource,
    private readonly relay: OutboxRelay,
    @Inject(TRACER) private readonly tracer: Tracer | null,
  ) {}

  /** @throws {Refusal} 404 when there is no such delivery, 409 when it cannot be retried as it stands. */
  async request(organizationId: string, id: string): Promise<void> {
    if (!isUuid(id)) throw notFound();
    const span = await this.dataSource.transaction(async (manager) => {
      const [row] = await manager.query<RetryableRow[]>(
        `SELECT d.event_id, d.endpoint_id, d.event_type, d.status, d.round, d.created_at, p.version AS endpoint_version,
                (SELECT payload FROM events e
                  WHERE e.organization_id = d.organization_id AND e.id = d.event_id
                  ORDER BY e.created_at DESC LIMIT 1) AS payload
           FROM deliveries d
           LEFT JOIN endpoints p ON p.id = d.endpoint_id
          WHERE d.id = $1 AND d.organization_id = $2
          ORDER BY d.created_at DESC LIMIT 1`,
        [id, organizationId],
      );
      if (!row) throw notFound();
      const payload = retryablePayload(row);
      const requestedAt = new Date().toISOString();
      const rounds = await allocateRounds(manager, [{ deliveryId: id, atLeast: row.round + 1 }], requestedAt);
      const round = rounds.get(id) ?? row.round + 1;
      const delivery: Delivery = {
        deliveryId: id,
        eventId: row.event_id,
        endpointId: row.endpoint_id,
        organizationId,
        eventType: row.event_type,
        createdAt: row.created_at.toISOString(),
        round,
        step: 1,
        trigger: 'manual',
        dueAt: requestedAt,
        endpointVersion: Number(row.endpoint_version ?? 0),
        body: payload,
      };
      const asked = this.tracer?.start('manual retry', {
        role: 'producer',
        parent: {},
        attributes: deliveryAttributes(delivery),
      });
      await writeOutbox(manager, [
        {
          topic: Topics.manualRetries,
          key: id,
          headers: recordHeaders(manualRetrySchema, asked?.context),
          value: manualRetrySchema.encode({ deliveryId: id, round, requestedAt }),
        },
        {
          topic: Topics.deliveries,
          key: row.endpoint_id,
          headers: recordHeaders(deliverySchema, asked?.context),
          value: deliverySchema.encode(delivery),
        },
      ]);
      return asked;
    });
    await this.relay.flush();
    span?.end();
  }
}

function retryablePayload(row: RetryableRow): string {
  if (row.status !== 'failed' && row.status !== 'retrying') {
    throw conflict(`Only a failed or retrying delivery can be retried; this one is ${row.status}.`);
  }
  if (row.payload === null) throw unavailable('The event of this delivery is not yet in the audit.', 1);
  return row.payload;
}
