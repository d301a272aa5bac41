import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';
import {
  type CanonicalEvent,
  canonicalEventSchema,
  deliveryId,
  eventId,
  recordHeaders,
  TEST_EVENT_TYPE,
  Topics,
} from '@skillora/contracts';
import { RecordProducer } from '@skillora/kafka';
import { eventAttributes, TRACER, type Tracer } from '@skillora/operability';
import { unavailable, withinTime } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import type { EndpointRow } from './endpoint.js';

/** What became of a test send. */
export interface TestOutcome {
  readonly deliveryId: string;
  readonly status: 'success' | 'failed' | 'unknown';
  readonly responseStatus: number | null;
  readonly detail: string | null;
}

/** What the way through Kafka and back may take beside the attempt itself, ms. */
const ALLOWANCE_MS = 10_000;
/** How long Kafka may take to accept the event, ms. */
const PUBLISH_LIMIT_MS = 5_000;
const FIRST_LOOK_MS = 25;
const LONGEST_LOOK_MS = 250;

/** Sends a test webhook: an event of its own, addressed to one endpoint, through the real dispatcher. */
@Injectable()
export class TestSend {
  constructor(
    private readonly dataSource: DataSource,
    private readonly producer: RecordProducer,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(TRACER) private readonly tracer: Tracer | null,
  ) {}

  /**
   * Publishes the test event and waits for the outcome of its one attempt.
   * @throws {Refusal} 503 when Kafka does not take the event.
   */
  async send(endpoint: EndpointRow): Promise<TestOutcome> {
    const event = testEvent(endpoint, new Date());
    // The callers are customers: their traces are not ours, and none of theirs is to make us record.
    const span = this.tracer?.start('test send', {
      role: 'producer',
      parent: {},
      attributes: { ...eventAttributes(event), 'webhook.endpoint.id': endpoint.id },
    });
    const published = this.producer.send([
      {
        topic: Topics.events,
        key: event.organizationId,
        value: canonicalEventSchema.encode(event),
        headers: recordHeaders(canonicalEventSchema, span?.context),
      },
    ]);
    const refused = published.catch(() => 'late' as const);
    if ((await withinTime(refused, PUBLISH_LIMIT_MS)) === 'late') {
      span?.end({ error: 'timeout' });
      throw unavailable('The test webhook cannot be sent at the moment.', 5);
    }
    span?.end();
    return this.outcome(deliveryId(event.id, endpoint.id));
  }

  private async outcome(id: string): Promise<TestOutcome> {
    const deadline = Date.now() + this.settings.deliveryTimeoutMs + ALLOWANCE_MS;
    for (let pause = FIRST_LOOK_MS; Date.now() < deadline; pause = Math.min(LONGEST_LOOK_MS, pause * 1.5)) {
      const [found] = await this.dataSource.query<
        { status: string; response_status: number | null; error_detail: string | null }[]
      >(
        `SELECT d.status, d.response_status, a.error_detail
           FROM deliveries d LEFT JOIN attempts a ON a.delivery_id = d.id AND a.delivery_created_at = d.created_at
          WHERE d.id = $1 AND d.status IN ('success', 'failed')`,
        [id],
      );
      if (found) {
        return {
          deliveryId: id,
          status: found.status === 'success' ? 'success' : 'failed',
          responseStatus: found.response_status,
          detail: found.error_detail,
        };
      }
      await delay(pause);
    }
    return { deliveryId: id, status: 'unknown', responseStatus: null, detail: null };
  }
}

function testEvent(endpoint: EndpointRow, now: Date): CanonicalEvent {
  const source = `/webhook-endpoints/${endpoint.id}/test`;
  const sourceId = randomUUID();
  const timestamp = `${now.toISOString().slice(0, 19)}Z`;
  return {
    id: eventId(source, sourceId),
    organizationId: endpoint.organization_id,
    eventType: TEST_EVENT_TYPE,
    source,
    sourceId,
    occurredAt: now.toISOString(),
    acceptedAt: now.toISOString(),
    targetEndpointId: endpoint.id,
    body: JSON.stringify({
      event: 'test',
      timestamp,
      data: { message: 'This is a test webhook from Skillora' },
    }),
  };
}
