import { Contenders, cpuAtRest } from '../contenders.js';
import { MeasuredTraffic } from '../measured-traffic.js';
import type { Scenario } from '../scenario.js';
import type { SystemUnderTest } from '../system-under-test.js';

const MOST_ENDPOINTS = 10;
const STACKS = { 'two hops': { ONE_HOP: 'false' }, 'one hop': { ONE_HOP: 'true' } };

export const hops: Scenario = {
  name: 'hops',
  description:
    'one hop beside two: deliveries a second, CPU ms for each, the time from intake to arrival, and CPU ms a second at rest',
  async run({ quick }) {
    const turns = quick ? 1 : 5;
    const deliveries = quick ? 2_000 : 10_000;
    const seconds = quick ? 5 : 20;
    const contenders = await Contenders.start(MOST_ENDPOINTS, STACKS);
    const traffic = new MeasuredTraffic();
    const fullSpeed = (events: number, fanOut: number) => (system: SystemUnderTest) =>
      traffic.fullSpeed(system, events, fanOut);
    const steadily = (perSecond: number, endpoints: number) => (system: SystemUnderTest) =>
      traffic.steadily(system, perSecond, seconds, endpoints);
    const register = (receivers: readonly number[]) =>
      contenders.each((system) => system.register(receivers));
    try {
      await register([0]);
      // The first deliveries include compiling, connecting and growing, so they are not measured.
      await contenders.each(fullSpeed(2_000, 1));
      await contenders.compare('100 events/s to one endpoint', turns, steadily(100, 1));
      await contenders.compare('one endpoint, full speed', turns, fullSpeed(deliveries, 1));
      await register([1, 2, 3, 4, 5, 6, 7]);
      await contenders.each(fullSpeed(500, 8));
      await contenders.compare('20 events/s to eight endpoints', turns, steadily(20, 8));
      await register([8, 9]);
      await contenders.compare('ten endpoints, full speed', turns, fullSpeed(deliveries / 5, MOST_ENDPOINTS));
      await contenders.compare('at rest', turns, (system) => cpuAtRest(system, seconds));
    } finally {
      await contenders.stop();
    }
  },
};
