import { Inject, Injectable } from '@nestjs/common';
import { type EndpointState, endpointStateSchema, type EventType, Topics } from '@skillora/contracts';
import { KAFKA, TopicTable } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';
import { Gauge } from 'prom-client';

import { filterOf } from './filter-of.js';
import { findEndpoint } from './find-endpoint.js';
import { Subscriptions } from './subscriptions.js';

/** Every endpoint's newest state, held in memory from the compacted topic. */
@Injectable()
export class EndpointTable {
  private readonly endpoints = new Map<string, EndpointState>();
  private readonly subscriptions = new Subscriptions();
  private readonly table: TopicTable<EndpointState>;
  private changes = 0;

  constructor(
    @Inject(KAFKA) kafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.table = new TopicTable({
      kafka,
      topic: Topics.endpoints,
      schema: endpointStateSchema,
      logger,
      apply: ({ key, state }) => this.apply(key, state && withoutUnused(state)),
    });
  }

  get ready(): boolean {
    return this.table.ready;
  }

  get size(): number {
    return this.endpoints.size;
  }

  /** The number of changes that the table has applied. Two reads at the same revision see the same table. */
  get revision(): number {
    return this.changes;
  }

  start(): Promise<void> {
    const { endpoints } = this;
    new Gauge({
      name: 'webhook_endpoints_known',
      help: 'Endpoints that this instance knows',
      collect() {
        this.set(endpoints.size);
      },
    });
    return this.table.start();
  }

  stop(): Promise<void> {
    return this.table.stop();
  }

  /** Resolves when the table holds every change that was acknowledged to a caller before this call. */
  caughtUp(): Promise<void> {
    return this.table.caughtUp();
  }

  /** The endpoint in the state that the table knows now. */
  get(endpointId: string): EndpointState | undefined {
    return this.endpoints.get(endpointId);
  }

  /** See {@link findEndpoint}. */
  find(endpointId: string, version?: number): Promise<EndpointState | undefined> {
    return findEndpoint(this, endpointId, version);
  }

  /** The active endpoints of an organisation that subscribe to an event type. */
  subscribers(organizationId: string, eventType: EventType): Iterable<EndpointState> {
    return this.subscriptions.of(organizationId, eventType);
  }

  private apply(endpointId: string, state: EndpointState | null): void {
    const former = this.endpoints.get(endpointId);
    if (state && former && former.version > state.version) return;
    this.changes += 1;
    if (state) this.warnOfFilter(state);
    if (former) this.subscriptions.remove(former);
    if (state) {
      this.endpoints.set(endpointId, state);
      this.subscriptions.add(state);
    } else {
      this.endpoints.delete(endpointId);
    }
  }

  private warnOfFilter(endpoint: EndpointState): void {
    if (endpoint.filter === undefined || filterOf(endpoint) !== null) return;
    this.logger.warn(
      { endpoint: endpoint.id, organization: endpoint.organizationId },
      'the filter of an endpoint cannot be read, so the endpoint gets every event of its types. A later release may have written the filter: update all dispatchers to that release',
    );
  }
}

/** The table holds all endpoints in memory; fields that only a restoration needs stay in the topic. */
function withoutUnused({
  description: _description,
  createdAt: _createdAt,
  ...state
}: EndpointState): EndpointState {
  return state;
}
