import { retryTopic, Topics } from '@skillora/contracts';

import { type Group, type Share, shareName } from './owned-partition.js';
import type { Random } from './random.js';
import type { VirtualClock } from './virtual-clock.js';

export const EVENT_PARTITIONS = 2;
export const DELIVERY_PARTITIONS = 3;
/** How long a group waits until it asks its members once more, ms. */
const ASK_AGAIN_MS = 200;

/** How many partitions the topics have. */
export interface Partitions {
  readonly events: number;
  readonly deliveries: number;
}

/** A dispatcher as a member of its groups. */
export interface Member {
  readonly isRunning: boolean;
  /** False while it does not answer: a group waits for such a member until its session is over. Default: true. */
  readonly answers?: boolean;
  /** Whether it is a member of this group. Default: of all. */
  isIn?(group: Group): boolean;
  /** What it names in its subscription besides the lanes: it gets these with the lanes of the same number. */
  besidesLanes?(partition: number): readonly Share[];
  /** The group assigns this share to the dispatcher. */
  gain(share: Share): Promise<void>;
  /** The group assigns these shares to others. */
  hearLost(shares: readonly Share[]): Promise<void>;
}

/** The consumer groups of the dispatchers. */
export class ConsumerGroups<M extends Member> {
  private present: readonly M[] = [];
  private readonly owners = new Map<string, M>();
  private isRebalancing = false;

  /** @param retryTopics the number of retry topics. */
  constructor(
    private readonly clock: VirtualClock,
    private readonly random: Random,
    private readonly retryTopics: number,
    private readonly partitions: Partitions = { events: EVENT_PARTITIONS, deliveries: DELIVERY_PARTITIONS },
  ) {}

  get members(): readonly M[] {
    return this.present;
  }

  /** The member that the group counts as the owner of a share. */
  ownerOf(share: Share): M | undefined {
    return this.owners.get(shareName(share));
  }

  /** The members of one group. */
  membersOf(group: Group): readonly M[] {
    return this.present.filter((member) => member.isIn?.(group) ?? true);
  }

  add(member: M): void {
    this.present = [...this.present, member];
    this.rebalance();
  }

  /** @param replacement starts another dispatcher if this was the last one. */
  remove(member: M, replacement: () => void): void {
    this.present = this.present.filter((each) => each !== member);
    if (this.present.length === 0) replacement();
    this.rebalance();
  }

  /** The group considered it dead, so it comes back as a new member. */
  rejoin(member: M): void {
    for (const [share, owner] of this.owners) if (owner === member) this.owners.delete(share);
    if (!this.present.includes(member)) this.present = [...this.present, member];
    this.rebalance();
  }

  private rebalance(): void {
    if (this.isRebalancing) return;
    this.isRebalancing = true;
    this.clock.after(this.random.between(1, 100), () => this.assignAll());
  }

  private assignAll(): void {
    if (this.present.some(({ answers }) => answers === false)) {
      this.clock.after(ASK_AGAIN_MS, () => this.assignAll());
      return;
    }
    this.isRebalancing = false;
    for (const group of ['fan-out', 'deliver', 'retry'] as const) this.assign(group);
  }

  /** Evenly, and partitions stay where possible. */
  private assign(group: Group): void {
    const members = this.membersOf(group);
    const shares = sharesOf(group, this.retryTopics, this.partitions);
    const most = Math.ceil(shares.length / members.length);
    const load = new Map(members.map((member) => [member, 0]));
    const moving: Share[] = [];
    for (const share of shares) {
      const owner = this.owners.get(shareName(share));
      const count = owner && load.get(owner);
      if (owner && count !== undefined && count < most) load.set(owner, count + 1);
      else moving.push(share);
    }
    for (const share of moving) {
      const former = this.owners.get(shareName(share));
      const [owner] = [...load].sort(([, a], [, b]) => a - b)[0] ?? [];
      if (!owner) continue;
      load.set(owner, (load.get(owner) ?? 0) + 1);
      this.owners.set(shareName(share), owner);
      // The former owner may learn of it later than the new one.
      if (former?.isRunning) void former.hearLost(sharesOfNumber(share, former));
      for (const each of sharesOfNumber(share, owner)) void owner.gain(each);
    }
  }
}

function sharesOf(group: Group, retryTopics: number, { events, deliveries }: Partitions): Share[] {
  const spread = (topic: string, partitions: number): Share[] =>
    Array.from({ length: partitions }, (_, partition) => ({ group, topic, partition }));
  switch (group) {
    case 'fan-out':
      return spread(Topics.events, events);
    case 'deliver':
      return spread(Topics.deliveries, deliveries);
    case 'retry':
      return Array.from({ length: retryTopics }, (_, index) =>
        spread(retryTopic(index + 1), deliveries),
      ).flat();
  }
}

/** One dispatcher owns the partitions of the same number of both lanes, and of what else it names. */
function sharesOfNumber(share: Share, member: Member): readonly Share[] {
  if (share.group !== 'deliver') return [share];
  const slowLane = { ...share, topic: Topics.slowDeliveries };
  return [share, slowLane, ...(member.besidesLanes?.(share.partition) ?? [])];
}
