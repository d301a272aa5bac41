import { setTimeout as delay } from 'node:timers/promises';

import { mayRepeat } from '@skillora/running-stack';

import { NOTHING_LOST, Scene } from './scene.js';

const MOST_PER_SECOND = 250;
const WORK_MS = 4_000;

describe('scaling under load', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.set();
  });
  afterAll(() => scene.clear());

  it('from one dispatcher to four and back, one of them killed, loses nothing and repeats less than 1 %', async () => {
    const load = await scene.load(MOST_PER_SECOND);
    await delay(WORK_MS);
    const copies = [];
    for (let more = 0; more < 3; more += 1) copies.push(await scene.dispatcher());
    await delay(WORK_MS);
    const [killed, ...ended] = copies;
    await killed?.end('SIGKILL');
    // What it held is taken over while the load goes on; how soon, the bench measures.
    await scene.arrived(new Map(load.accepted));
    for (const copy of ended) expect(await copy.end('SIGTERM')).toBe(0);
    await delay(WORK_MS);
    await load.stop();

    const { accepted, missing, repeated, doubleResults, auditDisagrees } = await scene.findings(
      load.accepted,
    );
    const arrivals = await scene.receivers.arrivals();
    const waits = arrivals.map(({ mark, at }) => at - (load.accepted.get(mark) ?? at));
    const longest = waits.reduce((a, b) => Math.max(a, b), 0);
    process.stdout.write(
      `${accepted} events accepted, ${repeated} repeated deliveries, longest wait ${Math.round(longest)} ms\n`,
    );
    expect({ missing, doubleResults, auditDisagrees }).toEqual(NOTHING_LOST);
    expect(repeated).toBeLessThan(mayRepeat(accepted * scene.endpoints.length, copies.length));
  });
});
