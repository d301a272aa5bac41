import { type EndpointState, type EventType, Topics } from '@skillora/contracts';
import {
  type EndpointDirectory,
  type FollowedEndpoints,
  Subscriptions,
} from '@skillora/dispatcher/simulation-exports';

import type { Life } from './life.js';
import type { Surroundings } from './surroundings.js';

/** A change in the endpoints' topic: the newest state, or null for a deletion. */
export interface EndpointChange {
  readonly id: string;
  readonly state: EndpointState | null;
}

/** One dispatcher's table of the endpoints, as far as it has read their topic. */
export class EndpointView implements EndpointDirectory, FollowedEndpoints {
  private readonly states = new Map<string, EndpointState>();
  private readonly subscriptions = new Subscriptions();
  /** The number of changes that it has read. */
  private position = 0;

  /** @param lagMs how far it is behind, ms. */
  constructor(
    private readonly world: Surroundings,
    private readonly life: Life,
    private readonly lagMs: number,
  ) {}

  get revision(): number {
    this.follow();
    return this.position;
  }

  get(endpointId: string): EndpointState | undefined {
    this.follow();
    return this.states.get(endpointId);
  }

  subscribers(organizationId: string, eventType: EventType): Iterable<EndpointState> {
    this.follow();
    return this.subscriptions.of(organizationId, eventType);
  }

  /** Asks for the end of the topic and reads up to it. */
  async caughtUp(): Promise<void> {
    const { clock, random } = this.world;
    const asked = clock.now;
    await this.life.pause(random.between(1, 10));
    await this.life.brokerThere();
    this.read(asked);
  }

  private follow(): void {
    this.read(this.world.clock.now - this.lagMs);
  }

  /** Continues reading, up to the records that were written at `until`, ms since the epoch. */
  private read(until: number): void {
    const log = this.world.kafka.log(Topics.endpoints, 0);
    for (let record = log[this.position]; record && record.timestamp <= until; record = log[this.position]) {
      this.apply(record.value as EndpointChange);
      this.position += 1;
    }
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
