import { setTimeout as delay } from 'node:timers/promises';

import { RETRY_DELAYS_MS, Scene } from './scene.js';
import { SteadyLoad } from './steady-load.js';

const EVENTS_PER_SECOND = 100;
const WORK_MS = 2_000;
const POSTGRES_OUTAGE_MS = 30_000;
/** Longer than the second of the retries' delays. */
const BROKER_OUTAGE_MS = 12_000;

describe('an outage', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.set();
  });
  afterEach(() => scene.clear());

  it('of PostgreSQL for 30 s holds up no delivery, and the audit catches up', async () => {
    const load = await SteadyLoad.start(scene.address, EVENTS_PER_SECOND);
    await delay(WORK_MS);
    let away = true;
    const outage = scene
      .part('PostgreSQL')
      .keepDown(POSTGRES_OUTAGE_MS)
      .finally(() => (away = false));
    await delay(POSTGRES_OUTAGE_MS / 2);
    const acceptedMeanwhile = new Map(load.accepted);
    await scene.arrived(acceptedMeanwhile);
    expect(away).toBe(true);
    await outage;
    await load.stop();
    expect(await scene.findings(load.accepted)).toEqual({
      accepted: load.accepted.size,
      missing: 0,
      repeated: 0,
      doubleResults: 0,
      auditDisagrees: 0,
    });
    expect([...load.answers.keys()]).toEqual([202]);
  });

  it('of the broker for longer than a retry waits neither loses the retry nor shortens the schedule', async () => {
    await scene.receivers.behave({ kind: 'answer', status: 500 }, [0]);
    const load = await SteadyLoad.start(scene.address, EVENTS_PER_SECOND);
    await delay(WORK_MS);
    await load.stop();
    // All first retries are over, the second ones wait: they come due while there is no broker.
    await scene.receivers.arrived(load.accepted.size * (scene.endpoints.length + 1), 30_000);
    await scene.receivers.behave({ kind: 'answer', status: 200 }, [0]);
    await scene.part('Kafka').keepDown(BROKER_OUTAGE_MS);
    await scene.receivers.arrived(load.accepted.size * (scene.endpoints.length + 2), 60_000);

    const { missing, auditDisagrees } = await scene.findings(load.accepted);
    expect({ missing, auditDisagrees }).toEqual({ missing: 0, auditDisagrees: 0 });
    const attempts = Map.groupBy(
      (await scene.receivers.arrivals()).filter(({ receiver }) => receiver === 0),
      ({ mark }) => mark,
    );
    for (const times of attempts.values()) {
      expect(times).toHaveLength(3);
      times.slice(1).forEach(({ at }, index) => {
        expect(at - (times[index]?.at ?? 0)).toBeGreaterThanOrEqual(RETRY_DELAYS_MS[index] ?? 0);
      });
    }
  });
});
