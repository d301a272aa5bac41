import {
  type EndpointState,
  endpointStateSchema,
  type EventType,
  RecordSchemaError,
  Topics,
} from '@skillora/contracts';
import { TopicTable } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { Subscriptions } from './subscriptions.js';

/** Every endpoint's newest state, held in memory from the compacted topic. */
export class EndpointTable {
  private readonly endpoints = new Map<string, EndpointState>();
  private readonly subscriptions = new Subscriptions();
  private readonly table: TopicTable;

  constructor(kafka: Kafka, logger: Logger) {
    this.table = new TopicTable({
      kafka,
      topic: Topics.endpoints,
      logger,
      apply: ({ key, value, offset }) => {
        try {
          this.apply(key, value === null ? null : endpointStateSchema.decode(value));
        } catch (error) {
          if (!(error instanceof RecordSchemaError)) throw error;
          logger.error(
            { err: error, endpoint: key, offset: String(offset) },
            'not an endpoint record; skipped',
          );
        }
      },
    });
  }

  get ready(): boolean {
    return this.table.ready;
  }

  get size(): number {
    return this.endpoints.size;
  }

  start(): Promise<void> {
    return this.table.start();
  }

  stop(): Promise<void> {
    return this.table.stop();
  }

  /** Resolves when every change acknowledged to a caller before this call is in the table. */
  caughtUp(): Promise<void> {
    return this.table.caughtUp();
  }

  /** The endpoint as the table knows it now. */
  get(endpointId: string): EndpointState | undefined {
    return this.endpoints.get(endpointId);
  }

  /** The endpoint, or undefined when it is deleted: an unknown one may only be new, so the topic is asked first. */
  async find(endpointId: string): Promise<EndpointState | undefined> {
    const known = this.endpoints.get(endpointId);
    if (known) return known;
    await this.caughtUp();
    return this.endpoints.get(endpointId);
  }

  /** The active endpoints of an organisation that subscribe to an event type. */
  subscribers(organizationId: string, eventType: EventType): Iterable<EndpointState> {
    return this.subscriptions.of(organizationId, eventType);
  }

  private apply(endpointId: string, state: EndpointState | null): void {
    const former = this.endpoints.get(endpointId);
    if (state && former && former.version > state.version) return;
    if (former) this.subscriptions.remove(former);
    if (state) {
      this.endpoints.set(endpointId, state);
      this.subscriptions.add(state);
    } else {
      this.endpoints.delete(endpointId);
    }
  }
}
