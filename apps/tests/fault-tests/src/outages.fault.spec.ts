import { setTimeout as delay } from 'node:timers/promises';

import { NOTHING_LOST, Scene } from './scene.js';

const MOST_PER_SECOND = 100;
const WORK_MS = 2_000;
const POSTGRES_OUTAGE_MS = 30_000;
/** The second is long enough for all first retries to be over before it, on a slow machine too. */
const RETRY_DELAYS_MS = [1_000, 20_000, 30_000];
/** After the last of the second retries has come due the broker is still away for so long. */
const BEYOND_MS = 2_000;

describe('an outage', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.set({ RETRY_DELAYS: RETRY_DELAYS_MS.map((ms) => `${ms}ms`).join(',') });
  });
  afterEach(() => scene.clear());

  it('of PostgreSQL for 30 s holds up no delivery, and the audit catches up', async () => {
    const load = await scene.load(MOST_PER_SECOND);
    await delay(WORK_MS);
    const delivered = delay(POSTGRES_OUTAGE_MS).then(async () => {
      const acceptedMeanwhile = new Map(load.accepted);
      return { arrivals: await scene.arrived(acceptedMeanwhile), accepted: acceptedMeanwhile };
    });
    // It is away until everything has arrived that was accepted meanwhile.
    await scene.part('PostgreSQL').keepDown(delivered);
    const { arrivals, accepted } = await delivered;
    expect(scene.missing(accepted, arrivals)).toEqual([]);
    await load.stop();
    expect(await scene.findings(load.accepted)).toMatchObject({ ...NOTHING_LOST, repeated: 0 });
    expect([...load.answers.keys()]).toEqual([202]);
  });

  it('of the broker for longer than a retry waits neither loses the retry nor shortens the schedule', async () => {
    await scene.receivers.behave({ kind: 'answer', status: 500 }, [0]);
    const load = await scene.load(MOST_PER_SECOND);
    await delay(WORK_MS);
    await load.stop();
    // All first retries are over, the second ones wait: they come due while there is no broker.
    await scene.requests(load.accepted.size * (scene.endpoints.length + 1));
    await scene.receivers.behave({ kind: 'answer', status: 200 }, [0]);
    await scene.part('Kafka').keepDown(delay((RETRY_DELAYS_MS[1] ?? 0) + BEYOND_MS));
    await scene.requests(load.accepted.size * (scene.endpoints.length + 2));

    const { missing, auditDisagrees } = await scene.findings(load.accepted);
    expect({ missing, auditDisagrees }).toEqual({ missing: [], auditDisagrees: [] });
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
