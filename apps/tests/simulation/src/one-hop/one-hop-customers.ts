import {
  type CanonicalEvent,
  type EndpointState,
  eventId,
  PRODUCED_EVENT_TYPES,
  Topics,
} from '@skillora/contracts';

import type { EndpointMoment } from '../audit.js';
import { type Character, CHARACTERS, CustomerServer } from '../customer-server.js';
import { type CustomerSurroundings, PACED, type PublishedEvent } from '../customers.js';
import { changed, resumeLater } from '../endpoint-changes.js';
import type { Random } from '../random.js';
import { SentAgain } from '../sent-again.js';
import type { EndpointVersion, ModelRegistry } from './model-registry.js';
import type { OneHopSurroundings } from './one-hop-surroundings.js';

const MINUTE = 60_000;
export const ORGANIZATIONS = [1, 2, 3].map((number) => `0a000000-0000-4000-8000-00000000000${number}`);

/** What customers do with an endpoint. */
const CHANGES = ['create', 'toggle', 'toggle', 'delete', 'events'] as const;
const CHANGES_OF_PACED = [...CHANGES, 'limit', 'limit', 'hold', 'hold'] as const;

/** The servers that answer at once. */
const AT_ONCE: readonly Character[] = ['prompt', 'prompt', 'fails'];

/** The world of the customers. */
export interface OneHopCustomerSurroundings extends OneHopSurroundings, CustomerSurroundings {
  /** Most endpoints are of one organisation, and few of an event fit into memory. */
  readonly wide: boolean;
  /** More deliveries at once than the instances may attempt, to endpoints that answer at once. */
  readonly busy: boolean;
  /** The unit of an organisation's records. */
  unitOf(organizationId: string): number;
}

/** The customers of a scenario, with their endpoints and servers, and the producers of their events. */
export class OneHopCustomers {
  readonly accepted: PublishedEvent[] = [];
  readonly endpoints = new Map<string, EndpointVersion[]>();
  readonly servers = new Map<string, CustomerServer>();
  readonly sentAgain: SentAgain;

  constructor(
    private readonly world: OneHopCustomerSurroundings,
    private readonly registry: ModelRegistry,
  ) {
    const { accepted, endpoints } = this;
    this.sentAgain = new SentAgain(world, {
      accepted,
      get endpoints() {
        return momentsOf(endpoints);
      },
    });
  }

  /** An event of an organisation is accepted; its producer may send it again. */
  accept(organizationId: string): void {
    const { random, clock } = this.world;
    if (this.world.brokerAwayMs() > 0) {
      clock.after(this.world.brokerAwayMs() + random.between(1, 1_000), () => this.accept(organizationId));
      return;
    }
    const sourceId = String(this.accepted.length);
    const at = new Date(clock.now).toISOString();
    const event: CanonicalEvent = {
      id: eventId('/simulation', sourceId),
      organizationId,
      eventType: random.pick(PRODUCED_EVENT_TYPES),
      source: '/simulation',
      sourceId,
      occurredAt: at,
      acceptedAt: at,
      body: '{}',
    };
    const write = (): void =>
      this.world.kafka.write([
        { topic: Topics.events, partition: this.world.unitOf(organizationId), value: event },
      ]);
    this.accepted.push({ event, at: clock.now });
    write();
    if (this.world.calm || random.chance(0.8)) return;
    clock.after(random.between(1, random.pick([300, 20_000, MINUTE])), write);
  }

  createEndpoint(): void {
    const { random, clock } = this.world;
    const id = uuidFrom(random);
    const isFirst = this.servers.size === 0;
    const { busy, paced } = this.world;
    const character = isFirst ? 'prompt' : random.pick(busy ? AT_ONCE : paced ? PACED : CHARACTERS);
    const organizationId =
      this.world.wide && random.chance(0.8) ? (ORGANIZATIONS[0] ?? '') : random.pick(ORGANIZATIONS);
    this.servers.set(id, new CustomerServer(character, random, clock.now));
    this.endpoints.set(id, []);
    this.set(id, {
      id,
      organizationId,
      version: 1,
      url: 'https://customer.example/hook',
      events: random.chance(0.8) ? PRODUCED_EVENT_TYPES : [random.pick(PRODUCED_EVENT_TYPES)],
      isActive: true,
      sealedSecret: '',
      // The first one shows that a limit concerns nobody else.
      ...(paced && !isFirst ? { rateLimit: random.between(1, 4) } : {}),
    });
  }

  changeEndpoint(): void {
    const { random } = this.world;
    const [id, versions] = random.pick([...this.endpoints]);
    const state = versions.at(-1)?.state;
    const kind = random.pick(this.world.paced ? CHANGES_OF_PACED : CHANGES);
    if (kind === 'create' || !state) this.createEndpoint();
    else if (kind === 'delete') this.set(id, null, state.organizationId);
    else {
      const next = changed(kind, state, this.world);
      this.set(id, next);
      if (kind !== 'hold') return;
      const latest = (): EndpointState | null | undefined => this.endpoints.get(id)?.at(-1)?.state;
      resumeLater(next, this.world, latest, (resumed) => this.set(id, resumed));
    }
  }

  private set(id: string, state: EndpointState | null, organizationId = state?.organizationId ?? ''): void {
    const version = this.registry.change(id, state, () => {
      // Whoever has an answer may publish at once.
      if (this.world.random.chance(0.7)) this.accept(organizationId);
    });
    this.endpoints.get(id)?.push(version);
  }
}

/** The states of endpoints from when they were in Kafka on. */
export function momentsOf(
  endpoints: ReadonlyMap<string, readonly EndpointVersion[]>,
): Map<string, EndpointMoment[]> {
  const written = (versions: readonly EndpointVersion[]): EndpointMoment[] =>
    versions.flatMap(({ state, writtenAt }) => (writtenAt === null ? [] : [{ at: writtenAt, state }]));
  return new Map([...endpoints].map(([id, versions]) => [id, written(versions)]));
}

function uuidFrom(random: Random): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => random.between(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}
