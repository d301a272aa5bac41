import { publishSteadily } from '@skillora/load';

import { arrivedDeliveries } from './arrived-deliveries.js';
import { burst, projected } from './burst.js';
import { cpuOf } from './contenders.js';
import { percentile } from './figures.js';
import type { SystemUnderTest } from './system-under-test.js';

/** Events for the systems. A turn is over when the audit shows its deliveries: the CPU time for that counts too. */
export class MeasuredTraffic {
  private readonly deliveries = new Map<SystemUnderTest, number>();

  async fullSpeed(system: SystemUnderTest, events: number, fanOut: number): Promise<Record<string, number>> {
    let seconds = NaN;
    const cpu = await cpuOf(system, events * fanOut, async () => {
      seconds = await burst(system, events, fanOut);
      await this.shown(system, events * fanOut);
    });
    return { 'deliveries/s': (events * fanOut) / seconds, ...cpu };
  }

  async steadily(
    system: SystemUnderTest,
    perSecond: number,
    seconds: number,
    endpoints: number,
  ): Promise<Record<string, number>> {
    const { receivers, publisher } = system;
    await receivers.reset();
    let waits: readonly number[] = [];
    const cpu = await cpuOf(system, perSecond * seconds * endpoints, async () => {
      const published = await publishSteadily(publisher, perSecond, seconds);
      const { took, expected } = await arrivedDeliveries(receivers, published, endpoints);
      waits = took;
      await this.shown(system, expected);
    });
    return { 'p50 ms': percentile(waits, 0.5), 'p99 ms': percentile(waits, 0.99), ...cpu };
  }

  private async shown(system: SystemUnderTest, more: number): Promise<void> {
    const all = (this.deliveries.get(system) ?? 0) + more;
    this.deliveries.set(system, all);
    await projected(system, all);
  }
}
