import type { Fleet, FleetSurroundings } from './fleet.js';
import { OneHopDispatcher } from './one-hop-dispatcher.js';
import { UnitGroup } from './unit-group.js';

/** Dispatchers that all deliver from the log of events. */
export class OneHopFleet implements Fleet {
  readonly mixed = null;
  private readonly group: UnitGroup<OneHopDispatcher>;
  private readonly instances: OneHopDispatcher[] = [];

  constructor(private readonly world: FleetSurroundings) {
    this.group = new UnitGroup(world.clock, world.random, world.units);
  }

  begin(count: number): void {
    for (let left = count; left > 0; left -= 1) this.start();
  }

  written(topic: string, partition: number): void {
    for (const instance of this.instances) instance.written(topic, partition);
  }

  owns(instance: string, unit: number): boolean {
    return this.group.ownerOf(unit)?.name === instance;
  }

  fault(): void {
    const { group, world } = this;
    const { random, clock, sessionMs } = world;
    const running = this.instances.filter((each) => each.serves && group.has(each));
    if (running.length === 0) return;
    const instance = random.pick(running);
    const kind = random.pick(['crash', 'crash', 'freeze', 'freeze', 'outage', 'leave', 'join'] as const);
    world.tell(`${kind} (${instance.name})`);
    switch (kind) {
      case 'crash':
        instance.crash();
        clock.after(sessionMs, () => group.remove(instance));
        clock.after(random.between(500, 20_000), () => this.start());
        return;
      case 'freeze': {
        const ms = random.between(100, 30_000);
        clock.after(sessionMs, () => {
          if (!instance.answers && ms > sessionMs) group.remove(instance);
        });
        instance.freeze(ms, () => {
          if (group.has(instance)) return;
          instance.loseAll();
          group.add(instance);
        });
        return;
      }
      case 'outage':
        world.outage();
        return;
      case 'leave':
        if (running.length < 2) return;
        void instance.leave().then(() => group.remove(instance));
        return;
      case 'join':
        this.start();
        return;
    }
  }

  private start(): void {
    const { world } = this;
    const name = `instance-${this.instances.length + 1}`;
    const lagMs = world.random.between(0, world.mostLagMs);
    const instance = new OneHopDispatcher(name, world, world.sabotage, lagMs);
    this.instances.push(instance);
    this.group.add(instance);
  }
}
