import { Topics } from '@skillora/contracts';
import type { DedupeWindow } from '@skillora/dispatcher/simulation-exports';

import { ConsumerGroups } from '../consumer-groups.js';
import { isOfUnit, ledgerRecordOf } from '../records.js';
import { SimulatedDispatcher } from '../simulated-dispatcher.js';
import type { Fleet, FleetSurroundings, MixedFleet } from './fleet.js';
import { MadeAgain } from './made-again.js';
import { SideBySideDispatcher } from './side-by-side-dispatcher.js';

type Release = 'former' | 'new';
type Instance = SimulatedDispatcher | SideBySideDispatcher;
/** How one release takes the place of the other: one by one, or all of the other end first. */
type Way = 'one-by-one' | 'ended-first';

const SECOND = 1_000;
/** How often the fan-outs die after a transaction: one that leaves an event half done, and another one. */
const DIES_IN_EVENT = 0.3;
const DIES_BETWEEN = 0.03;

/**
 * Dispatchers with two hops and such as deliver from the log of events, in the same groups: an upgrade, often its
 * rollback, and sometimes the upgrade once more. Some instances crash in place of leaving.
 */
export class UpgradeFleet implements Fleet, MixedFleet {
  readonly mixed = this;
  formersThereSince: number | null = null;
  private readonly groups: ConsumerGroups<Instance>;
  private readonly instances: Instance[] = [];
  private readonly again = new MadeAgain();
  /** The units whose last owner has written all that it had to say. */
  private readonly inOrder = new Set<number>();
  /** The release of instances that take the place of others. */
  private wanted: Release = 'former';
  private rollout: Promise<void> = Promise.resolve();

  constructor(private readonly world: FleetSurroundings) {
    const { clock, random, units, schedules } = world;
    const partitions = { events: units, deliveries: units };
    this.groups = new ConsumerGroups(clock, random, schedules.standard.length, partitions);
  }

  get formersThere(): number {
    return this.groups.membersOf('fan-out').length;
  }

  /** Starts instances with two hops, and plans what takes their place. */
  begin(count: number): void {
    const { clock, random } = this.world;
    for (let left = count; left > 0; left -= 1) this.start('former');
    const upgradeAt = random.between(5, 60) * SECOND;
    const rollbackAt = upgradeAt + random.between(20, 120) * SECOND;
    clock.after(upgradeAt, () => this.plan('new'));
    if (!random.chance(0.7)) return;
    clock.after(rollbackAt, () => this.plan('former'));
    if (random.chance(0.5)) clock.after(rollbackAt + random.between(20, 90) * SECOND, () => this.plan('new'));
  }

  written(topic: string, partition: number): void {
    for (const instance of this.instances) instance.written(topic, partition);
    if (topic === Topics.fanOutLedger) this.afterLedger(partition);
  }

  /** Fan-outs may die between two transactions, with an event or with the open ones half done, and others take over. */
  private afterLedger(partition: number): void {
    const { random, kafka } = this.world;
    const last = kafka.log(Topics.fanOutLedger, partition).at(-1)?.value;
    const formers = this.running().filter((instance) => releaseOf(instance) === 'former');
    if (formers.length === this.running().length || isOfUnit(last)) return;
    if (!random.chance(ledgerRecordOf(last).progress ? DIES_IN_EVENT : DIES_BETWEEN)) return;
    for (const instance of formers) this.crash(instance);
  }

  owns(instance: string, partition: number): boolean {
    const share = { group: 'deliver', topic: Topics.deliveries, partition } as const;
    return this.groups.ownerOf(share)?.name === instance;
  }

  rejoin(instance: SideBySideDispatcher): void {
    this.groups.rejoin(instance);
  }

  opened(unit: number): void {
    this.inOrder.delete(unit);
  }

  leftInOrder(unit: number): void {
    this.inOrder.add(unit);
  }

  fanOutGoesOn(partition: number, next: bigint, known: Pick<DedupeWindow, 'has'>): void {
    if (!this.inOrder.has(partition)) this.again.note(this.world, partition, next, known);
  }

  madeAgain(deliveryId: string): number {
    return this.again.of(deliveryId);
  }

  fault(): void {
    const { random } = this.world;
    const running = this.running();
    if (running.length === 0) return;
    const instance = random.pick(running);
    const kind = random.pick(['crash', 'crash', 'freeze', 'freeze', 'outage', 'join'] as const);
    this.world.tell(`${kind} (${instance.name})`);
    switch (kind) {
      case 'crash':
        this.crash(instance);
        this.world.clock.after(random.between(500, 20_000), () => this.start(this.wanted));
        return;
      case 'freeze':
        this.freeze(instance, random.between(100, 30_000));
        return;
      case 'outage':
        this.world.outage();
        return;
      case 'join':
        this.start(this.wanted);
        return;
    }
  }

  private plan(wanted: Release): void {
    const way: Way = this.world.random.pick(['one-by-one', 'ended-first']);
    this.rollout = this.rollout.then(() => this.roll(wanted, way));
  }

  private async roll(wanted: Release, way: Way): Promise<void> {
    const { world } = this;
    const { random, clock } = world;
    this.wanted = wanted;
    const others = this.running().filter((instance) => releaseOf(instance) !== wanted);
    world.tell(`${wanted} in place of ${others.length} others, ${way}`);
    if (way === 'ended-first') await Promise.all(others.map((instance) => this.end(instance)));
    for (const instance of others) {
      this.start(wanted);
      await clock.sleep(random.between(500, 15_000));
      if (way === 'one-by-one') void this.end(instance);
    }
  }

  /** Most end in order. */
  private async end(instance: Instance): Promise<void> {
    const { random, clock } = this.world;
    if (!instance.isRunning) return;
    if (random.chance(0.15)) {
      this.crash(instance);
      await clock.sleep(random.between(500, 20_000));
      return;
    }
    this.world.tell(`${instance.name} ends`);
    // One that crashes meanwhile never gets there.
    await Promise.race([instance.leave(), clock.sleep(60 * SECOND)]);
    this.remove(instance);
  }

  private crash(instance: Instance): void {
    this.world.tell(`${instance.name} dies`);
    instance.crash();
    this.world.clock.after(this.world.sessionMs, () => this.remove(instance));
  }

  private freeze(instance: Instance, ms: number): void {
    const { clock, random, sessionMs } = this.world;
    if (instance instanceof SideBySideDispatcher && !instance.answers) return;
    const isForgotten = ms > sessionMs;
    if (isForgotten) clock.after(sessionMs, () => this.remove(instance));
    if (instance instanceof SideBySideDispatcher) {
      instance.freeze(ms, () => {
        if (isForgotten) this.comeBack(instance);
      });
      return;
    }
    instance.freeze(ms);
    // It goes on with its own work until the next heartbeat tells it that it is no longer a member.
    if (isForgotten) clock.after(ms + random.between(1, 500), () => this.comeBack(instance));
  }

  /** The group considered it dead, so it comes back as a new member. */
  private comeBack(instance: Instance): void {
    if (!instance.isRunning) return;
    instance.loseAll();
    this.groups.rejoin(instance);
    this.membersChanged();
  }

  private start(release: Release): void {
    const { world } = this;
    const name = `${release}-${this.instances.length + 1}`;
    const instance =
      release === 'former'
        ? new SimulatedDispatcher(name, world, null)
        : new SideBySideDispatcher(name, world, world.sabotage, world.random.between(0, world.mostLagMs));
    this.instances.push(instance);
    this.groups.add(instance);
    this.membersChanged();
  }

  private remove(instance: Instance): void {
    this.groups.remove(instance, () => this.start(this.wanted));
    this.membersChanged();
  }

  private membersChanged(): void {
    if (this.formersThere === 0) this.formersThereSince = null;
    else this.formersThereSince ??= this.world.clock.now;
    for (const instance of this.instances) {
      if (instance instanceof SideBySideDispatcher && instance.isRunning) void instance.ask();
    }
  }

  private running(): Instance[] {
    return this.instances.filter((instance) => instance.isRunning && this.groups.members.includes(instance));
  }
}

function releaseOf(instance: Instance): Release {
  return instance instanceof SideBySideDispatcher ? 'new' : 'former';
}
