import type { Random } from '../random.js';
import type { VirtualClock } from '../virtual-clock.js';

/** An instance as a member of the group. */
export interface UnitMember {
  readonly name: string;
  /** Whether it answers the group now. */
  readonly answers: boolean;
  gainUnit(unit: number): void;
  /** It is told before anybody else gets the unit. */
  loseUnit(unit: number): void;
}

/**
 * The consumer group of the dispatchers. Each unit has one owner. A member that answers gives its units up before
 * another one gets them; one that does not is waited for until its session is over.
 */
export class UnitGroup<M extends UnitMember> {
  private members: readonly M[] = [];
  private readonly owners = new Map<number, M>();
  private isRebalancing = false;

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: Random,
    private readonly units: number,
  ) {}

  has(member: M): boolean {
    return this.members.includes(member);
  }

  ownerOf(unit: number): M | undefined {
    return this.owners.get(unit);
  }

  add(member: M): void {
    if (!this.has(member)) this.members = [...this.members, member];
    this.rebalanceSoon();
  }

  /** The session of a member is over, or it has left: its units have no owner. */
  remove(member: M): void {
    this.members = this.members.filter((each) => each !== member);
    for (const [unit, owner] of this.owners) if (owner === member) this.owners.delete(unit);
    this.rebalanceSoon();
  }

  private rebalanceSoon(): void {
    if (this.isRebalancing) return;
    this.isRebalancing = true;
    this.clock.after(this.random.between(1, 100), () => this.rebalance());
  }

  private rebalance(): void {
    if (this.members.some(({ answers }) => !answers)) {
      this.clock.after(200, () => this.rebalance());
      return;
    }
    this.isRebalancing = false;
    const { members } = this;
    if (members.length === 0) return;
    const most = Math.ceil(this.units / members.length);
    const load = new Map(members.map((member) => [member, 0]));
    const moving: number[] = [];
    for (let unit = 0; unit < this.units; unit += 1) {
      const owner = this.owners.get(unit);
      const count = owner && load.get(owner);
      if (owner && count !== undefined && count < most) load.set(owner, count + 1);
      else moving.push(unit);
    }
    for (const unit of moving) {
      const [next] = [...load].sort(([, a], [, b]) => a - b)[0] ?? [];
      if (!next) continue;
      load.set(next, (load.get(next) ?? 0) + 1);
      this.owners.get(unit)?.loseUnit(unit);
      this.owners.set(unit, next);
      next.gainUnit(unit);
    }
  }
}
