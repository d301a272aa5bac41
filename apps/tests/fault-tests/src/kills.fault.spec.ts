import { setTimeout as delay } from 'node:timers/promises';

import { mayRepeat } from '@skillora/running-stack';

import { NOTHING_LOST, Scene } from './scene.js';
import { PARTS } from './system-part.js';

/** Each part is killed so often; once in the short form, which is part of `npm test`. */
const ROUNDS = process.env['FAULT_TESTS'] === 'short' ? 1 : 2;
const MOST_PER_SECOND = 250;
/** So long the system works undisturbed between two kills; what came in late because of one is done before the next. */
const WORK_MS = 8_000;

describe('kill -9 under load', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.set();
  });
  afterAll(() => scene.clear());

  it('of each service, of the broker and of PostgreSQL loses nothing and repeats 1 % or what was under way', async () => {
    const load = await scene.load(MOST_PER_SECOND);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of PARTS) {
        await delay(WORK_MS);
        await scene.part(name).killAndAwaitReturn();
      }
    }
    await delay(WORK_MS);
    await load.stop();

    const { accepted, missing, repeated, doubleResults, auditDisagrees } = await scene.findings(
      load.accepted,
    );
    process.stdout.write(
      `${accepted} events accepted, ${repeated} repeated deliveries of ${accepted * scene.endpoints.length}\n`,
    );
    expect({ missing, doubleResults, auditDisagrees }).toEqual(NOTHING_LOST);
    expect(repeated).toBeLessThan(mayRepeat(accepted * scene.endpoints.length, ROUNDS * PARTS.length));
    // Producers were refused for lack of a broker at most, never for a fault of the system itself.
    expect([...load.answers.keys()].filter((status) => status !== 202 && status !== 503)).toEqual([]);
  });
});
