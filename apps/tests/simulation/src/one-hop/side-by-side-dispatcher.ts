import { retryTopic, Topics } from '@skillora/contracts';
import { Coexistence } from '@skillora/dispatcher/simulation-exports';

import type { Member } from '../consumer-groups.js';
import { ModelTransport } from '../model-transport.js';
import type { Group, OwnedPartition, Share } from '../owned-partition.js';
import { OneHopDispatcher } from './one-hop-dispatcher.js';
import type { OneHopSabotage } from './one-hop-sabotage.js';
import type { OneHopSurroundings } from './one-hop-surroundings.js';
import type { Ticket, TicketHost } from './ticket.js';

/** How often it asks whether instances with two hops are there, ms. */
const ASK_MS = 1_000;
/** How long it may take until it has given the events back, ms. */
const GIVING_BACK_MS = 5_000;

/** The world of dispatchers beside which others with two hops may run. */
export interface SideBySideSurroundings extends OneHopSurroundings {
  /** The instance joins its group anew, with another subscription. */
  rejoin(instance: SideBySideDispatcher): void;
}

/**
 * A dispatcher that delivers from the log of events, in the first release that does. Deliveries, the slow lane and the
 * retries it reads and completes as two hops do, with the same transactional ids and commits. It names events and
 * retries in its subscription only while no instance with two hops is there.
 */
export class SideBySideDispatcher extends OneHopDispatcher implements Member {
  private readonly transport: ModelTransport;
  private readonly coexistence = new Coexistence();
  private hasGivenBack = false;

  constructor(
    name: string,
    private readonly mixed: SideBySideSurroundings,
    sabotage: OneHopSabotage | null,
    lagMs: number,
  ) {
    super(name, mixed, sabotage, lagMs);
    this.transport = new ModelTransport(mixed, this.life, this.parts.lanes, {
      opened: () => undefined,
      fanOut: () => Promise.reject(new Error('events are read by units')),
      take: (owned, record) => this.take(this.ticketOf(owned, record.offset), record),
      lost: ({ group, partition }) => {
        if (group === 'deliver') this.slowLane.lost(partition);
      },
    });
  }

  get isRunning(): boolean {
    return this.life.isAlive;
  }

  isIn(group: Group): boolean {
    return group === 'deliver';
  }

  besidesLanes(partition: number): readonly Share[] {
    if (!this.coexistence.namesAll) return [];
    const retries = this.mixed.schedules.standard.map((_, index) => retryTopic(index + 1));
    return [Topics.events, ...retries].map((topic) => ({ group: 'deliver', topic, partition }));
  }

  async gain(share: Share): Promise<void> {
    if (!this.serves) return;
    if (share.topic === Topics.events) this.gainUnit(share.partition);
    else await this.transport.gain(this.asBefore(share));
  }

  async hearLost(shares: readonly Share[]): Promise<void> {
    // One that does not answer hears of it when it comes back.
    if (!this.answers) return;
    for (const { topic, partition } of shares) if (topic === Topics.events) this.loseUnit(partition);
    const others = shares.filter(({ topic }) => topic !== Topics.events);
    await this.transport.hearLost(others.map((share) => this.asBefore(share)));
  }

  override loseAll(): void {
    super.loseAll();
    this.transport.loseAll();
  }

  override written(topic: string, partition: number): void {
    super.written(topic, partition);
    this.transport.written(topic, partition);
  }

  /** Asks whether instances with two hops are there, and changes its subscription if necessary. */
  async ask(): Promise<void> {
    await this.life.pause(this.mixed.random.between(1, ASK_MS));
    await this.life.brokerThere();
    if (this.life.isLeaving) return;
    const isChanged = this.coexistence.heard(this.parts.formersThere(), this.life.clock.now());
    if (!isChanged && !this.hasGivenBack) return;
    this.hasGivenBack = false;
    const { namesAll } = this.coexistence;
    this.mixed.tell(`${this.name} ${namesAll ? 'names' : 'does not name'} events and retries`);
    this.loseAll();
    this.mixed.rejoin(this);
  }

  protected override get isBusy(): boolean {
    return super.isBusy || this.transport.isBusy;
  }

  protected override takeAgain(unit: number): void {
    if (this.parts.formersThere() === 0) {
      super.takeAgain(unit);
      return;
    }
    this.units.delete(unit);
    this.hasGivenBack = true;
    void this.ask();
  }

  /** Lanes may be attempted until the loss is known, as with two hops; events may not. */
  protected override judge(ticket: Ticket, attempt: string): void {
    if (ticket.topic !== Topics.events) return;
    super.judge(ticket, attempt);
    if (this.mixed.formersThereFor() > GIVING_BACK_MS)
      this.mixed.broken(`${this.name} made ${attempt} from the log beside two hops`);
  }

  /** A share as a dispatcher with two hops reads it, with its positions and its transactional id. */
  private asBefore(share: Share): Share {
    const isRetry = share.topic !== Topics.deliveries && share.topic !== Topics.slowDeliveries;
    return isRetry ? { ...share, group: this.parts.groupOfRetries } : share;
  }

  private ticketOf(owned: OwnedPartition, offset: bigint): Ticket {
    const { transport } = this;
    const host: TicketHost = {
      unit: owned.partition,
      get isLost() {
        return owned.isLost;
      },
      began: (_ticket, attempt) => void owned.begun.set(offset, attempt),
      moved: () => undefined,
      done: (_ticket, writes) => {
        transport.done(owned, offset, writes);
      },
    };
    return { host, topic: owned.topic, offset, endpointId: null };
  }
}
