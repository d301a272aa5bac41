import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import {
  type CanonicalEvent,
  canonicalEventSchema,
  CATALOGUE,
  deliveryId,
  eventId,
  type EventType,
  exampleBody,
  recordHeaders,
  TEST_EVENT_TYPE,
  Topics,
} from '@skillora/contracts';
import { RecordProducer } from '@skillora/kafka';
import { eventAttributes, TRACER, type Tracer, withinTime } from '@skillora/operability';
import { unavailable } from '@skillora/rest';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import type { EndpointRow } from './endpoint.js';
import { type TestOutcome, TestOutcomes } from './test-outcomes.js';
import { TestTurns } from './test-turns.js';

/** How long the way through Kafka and back may take, without the attempt itself, ms. */
const ALLOWANCE_MS = 10_000;
/** How long Kafka may take to accept the event, ms. */
const PUBLISH_LIMIT_MS = 5_000;
/** How long two queries may take in addition, ms. */
const QUERIES_MS = 5_000;

/** Sends a test webhook: an event that is addressed to one endpoint, through the real dispatcher. */
@Injectable()
export class TestSend {
  constructor(
    private readonly turns: TestTurns,
    private readonly outcomes: TestOutcomes,
    private readonly producer: RecordProducer,
    @Inject(REGISTRY_SETTINGS) private readonly settings: RegistrySettings,
    @Inject(TRACER) private readonly tracer: Tracer,
  ) {}

  /**
   * Publishes the test event and waits for the outcome of its one attempt.
   * @param eventType the type whose example is sent.
   * @throws {RefusalException} 429 when a limit is exceeded, 503 when Kafka does not accept the event.
   */
  async send(endpoint: EndpointRow, eventType: EventType): Promise<TestOutcome> {
    const outcomeMs = this.settings.deliveryTimeoutMs + ALLOWANCE_MS;
    const turn = await this.turns.begin(endpoint, PUBLISH_LIMIT_MS + outcomeMs + QUERIES_MS);
    try {
      return await this.outcomes.of(await this.publish(endpoint, eventType), outcomeMs);
    } finally {
      // If the database is down, the turn ends by itself.
      await this.turns.end(turn).catch(() => undefined);
    }
  }

  /** @returns the id of the delivery that the dispatcher will create. */
  private async publish(endpoint: EndpointRow, eventType: EventType): Promise<string> {
    const event = testEvent(endpoint, eventType, new Date());
    // The callers are customers: their traces are not ours, and must not make us record one.
    const span = this.tracer.start('test send', {
      role: 'producer',
      parent: {},
      attributes: { ...eventAttributes(event), 'webhook.endpoint.id': endpoint.id },
    });
    const published = this.producer.send([
      {
        topic: Topics.events,
        key: event.organizationId,
        value: canonicalEventSchema.encode(event),
        headers: recordHeaders(canonicalEventSchema, span.context),
      },
    ]);
    const refused = published.catch(() => 'late' as const);
    if ((await withinTime(refused, PUBLISH_LIMIT_MS)) === 'late') {
      span.end({ error: 'timeout' });
      throw unavailable('The test webhook cannot be sent at the moment.', 5);
    }
    span.end();
    return deliveryId(event.id, endpoint.id);
  }
}

function testEvent(endpoint: EndpointRow, eventType: EventType, now: Date): CanonicalEvent {
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
    body: JSON.stringify(exampleBody(CATALOGUE[eventType], timestamp)),
  };
}
