import { publishSteadily } from '@skillora/load';

import { arrivedDeliveries } from './arrived-deliveries.js';
import { percentile, print } from './figures.js';
import type { SystemUnderTest } from './system-under-test.js';

/** Completed interviews at a steady rate for the first receivers, whose waits are measured. */
export class LiveTraffic {
  constructor(
    private readonly system: SystemUnderTest,
    private readonly receivers: number,
    private readonly perSecond: number,
  ) {}

  /**
   * Measures for a number of seconds, and waits until all has arrived.
   * @returns the 99th percentile of the time from publication to arrival, ms.
   */
  async p99(seconds: number): Promise<number> {
    return percentile((await this.waits(seconds)).flat(), 0.99);
  }

  /** Measures in the same way. @returns the time from publication to each arrival, by receiver, ms. */
  async waits(seconds: number): Promise<number[][]> {
    const { receivers, publisher } = this.system;
    const published = await publishSteadily(publisher, this.perSecond, seconds);
    const { missing, expected, repeated, arrivals, took } = await arrivedDeliveries(
      receivers,
      published,
      this.receivers,
    );
    if (missing > 0) print(`  ${missing} of ${expected} live deliveries are missing after two minutes`);
    if (repeated > 0) print(`  ${repeated} of ${expected} live deliveries arrived again`);
    return Array.from({ length: this.receivers }, (_, receiver) =>
      took.filter((_ms, index) => arrivals[index]?.receiver === receiver),
    );
  }
}
