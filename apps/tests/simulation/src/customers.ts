import {
  type CanonicalEvent,
  type Delivery,
  type EndpointState,
  eventId,
  PRODUCED_EVENT_TYPES,
  RETRY_SCHEDULES,
  Topics,
} from '@skillora/contracts';

import type { EndpointMoment } from './audit.js';
import { EVENT_PARTITIONS } from './consumer-groups.js';
import { type Arrival, CHARACTERS, type Character, CustomerServer } from './customer-server.js';
import { changed, resumeLater } from './endpoint-changes.js';
import type { EndpointChange } from './endpoint-view.js';
import type { Random } from './random.js';
import { SentAgain } from './sent-again.js';
import type { Surroundings } from './surroundings.js';

/** An accepted event, as its producer knows it. */
export interface PublishedEvent {
  readonly event: CanonicalEvent;
  readonly at: number;
}

/** The world of the customers. */
export interface CustomerSurroundings extends Surroundings {
  /** Without faults, more is guaranteed. */
  readonly calm: boolean;
  readonly arrivals: readonly Arrival[];
  /** The partition of `webhook.deliveries` to which a round that somebody asked for is written. */
  partitionOf(delivery: Delivery): number;
}

/** The customers of a scenario, with their events, endpoints and servers, and their producers. */
export class Customers {
  readonly accepted: PublishedEvent[] = [];
  readonly endpoints = new Map<string, EndpointMoment[]>();
  readonly servers = new Map<string, CustomerServer>();
  readonly sentAgain: SentAgain;

  constructor(private readonly world: CustomerSurroundings) {
    this.sentAgain = new SentAgain(world, this);
  }

  acceptEvent(): void {
    const { random, clock } = this.world;
    if (this.world.brokerAwayMs() > 0) {
      // Refused: the producer sends it again.
      clock.after(this.world.brokerAwayMs() + random.between(1, 1_000), () => this.acceptEvent());
      return;
    }
    const sourceId = String(this.accepted.length);
    const at = new Date(clock.now).toISOString();
    const event: CanonicalEvent = {
      id: eventId('/simulation', sourceId),
      organizationId: this.anOrganization(),
      eventType: random.pick(PRODUCED_EVENT_TYPES),
      source: '/simulation',
      sourceId,
      occurredAt: at,
      acceptedAt: at,
      body: `{"event":${sourceId}}`,
    };
    const partition = ORGANIZATIONS.indexOf(event.organizationId) % EVENT_PARTITIONS;
    this.accepted.push({ event, at: clock.now });
    this.world.kafka.write([{ topic: Topics.events, partition, value: event }]);
    // A producer without an answer sends the event again.
    if (!this.world.calm && random.chance(0.1)) {
      clock.after(random.between(1, 60_000), () =>
        this.world.kafka.write([{ topic: Topics.events, partition, value: event }]),
      );
    }
  }

  createEndpoint(): void {
    const { random, clock } = this.world;
    let id = uuidFrom(random);
    const { crowded, flooded, paced } = this.world;
    while ((crowded || flooded || paced) && this.world.shareOf(id) !== 0) id = uuidFrom(random);
    const isFirst = this.servers.size === 0;
    const others = paced ? PACED : flooded ? FLOODED : crowded ? NOT_KEEPING_UP : CHARACTERS;
    const character = isFirst ? this.firstCharacter() : random.pick(others);
    this.servers.set(id, new CustomerServer(character, random, clock.now));
    this.setEndpoint(id, {
      id,
      organizationId: flooded ? (ORGANIZATIONS[isFirst ? 0 : 1] ?? '') : this.anOrganization(),
      version: 1,
      url: 'https://customer.example/hook',
      events: flooded || random.chance(0.7) ? PRODUCED_EVENT_TYPES : [random.pick(PRODUCED_EVENT_TYPES)],
      isActive: true,
      sealedSecret: '',
      ...(this.world.choosy ? { retrySchedule: random.pick(RETRY_SCHEDULES) } : {}),
      // Everybody else is judged by how promptly the first endpoint is served.
      ...(paced && !isFirst ? { rateLimit: random.between(1, 4) } : {}),
    });
  }

  /** Everybody else is judged by how promptly the first endpoint is served. */
  private firstCharacter(): Character {
    return this.world.flooded && this.world.random.chance(0.5) ? 'fails' : 'prompt';
  }

  private anOrganization(): string {
    return this.world.random.pick(this.world.crowded ? ORGANIZATIONS.slice(0, 1) : ORGANIZATIONS);
  }

  changeEndpoint(): void {
    const { random } = this.world;
    const [id, moments] = random.pick([...this.endpoints]);
    const state = moments.at(-1)?.state;
    const { choosy, paced } = this.world;
    const kind = random.pick(paced ? CHANGES_OF_PACED : choosy ? CHANGES_OF_CHOOSY : CHANGES);
    if (kind === 'create' || !state) this.createEndpoint();
    else if (kind === 'delete') this.setEndpoint(id, null);
    else {
      const next = changed(kind, state, this.world);
      this.setEndpoint(id, next);
      if (kind !== 'hold') return;
      const latest = (): EndpointState | null | undefined => this.endpoints.get(id)?.at(-1)?.state;
      resumeLater(next, this.world, latest, (resumed) => this.setEndpoint(id, resumed));
    }
  }

  private setEndpoint(id: string, state: EndpointState | null): void {
    const moments = this.endpoints.get(id) ?? [];
    moments.push({ at: this.world.clock.now, state });
    this.endpoints.set(id, moments);
    this.world.tell(
      `endpoint ${id} ${state ? `version ${state.version}, active ${state.isActive}` : 'deleted'}`,
    );
    const change: EndpointChange = { id, state };
    this.world.kafka.write([{ topic: Topics.endpoints, partition: 0, value: change }]);
  }
}

const ORGANIZATIONS = ['0a000000-0000-4000-8000-000000000001', '0a000000-0000-4000-8000-000000000002'];
/** What customers do with an endpoint. */
const CHANGES = ['create', 'toggle', 'delete', 'events'] as const;
const CHANGES_OF_PACED = [...CHANGES, 'limit', 'limit', 'hold', 'hold'] as const;
const CHANGES_OF_CHOOSY = [...CHANGES, 'schedule', 'schedule', 'schedule'] as const;
/** The kinds of server whose deliveries pile up. */
const NOT_KEEPING_UP: readonly Character[] = ['wakes', 'wakes', 'slow', 'flaky'];
/** The kinds of server behind a rate limit. */
export const PACED: readonly Character[] = ['prompt', 'prompt', 'prompt', 'fails', 'slow', 'flaky'];
/** The kinds of server that keep a partition's window, or that of its retries, in use. */
const FLOODED: readonly Character[] = ['hangs', 'hangs', 'slow', 'postpones', 'postpones'];

function uuidFrom(random: Random): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => random.between(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}
