import type { EndpointState, EventType } from '@skillora/contracts';
import { type EndpointDirectory, Subscriptions } from '@skillora/dispatcher/decision-core';

import type { ModelRecord } from './model-kafka.js';

/** A change in the endpoints' topic: the newest state, or null for a deletion. */
export interface EndpointChange {
  readonly id: string;
  readonly state: EndpointState | null;
}

/** One instance's table of the endpoints, as far as it has read their topic. */
export class EndpointView implements EndpointDirectory {
  private readonly states = new Map<string, EndpointState>();
  private readonly subscriptions = new Subscriptions();
  private position = 0;

  /** Continues reading, up to the records that were written at `until`, ms since the epoch. */
  read(log: readonly ModelRecord[], until: number): void {
    for (let record = log[this.position]; record && record.timestamp <= until; record = log[this.position]) {
      this.apply(record.value as EndpointChange);
      this.position += 1;
    }
  }

  get(endpointId: string): EndpointState | undefined {
    return this.states.get(endpointId);
  }

  subscribers(organizationId: string, eventType: EventType): Iterable<EndpointState> {
    return this.subscriptions.of(organizationId, eventType);
  }

  private apply({ id, state }: EndpointChange): void {
    const former = this.states.get(id);
    if (former) this.subscriptions.remove(former);
    if (state) {
      this.states.set(id, state);
      this.subscriptions.add(state);
    } else {
      this.states.delete(id);
    }
  }
}
