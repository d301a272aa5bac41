import { setTimeout as delay } from 'node:timers/promises';

import { Kafka, logLevel } from 'kafkajs';

import { NOTHING_LOST, Scene } from './scene.js';

const MOST_PER_SECOND = 50;
const WORK_MS = 3_000;
const AWAY_MS = 3_000;

describe('a topic that an operator deletes and makes again', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await Scene.set();
  });
  afterEach(() => scene.clear());

  it.each(['webhook.events', 'webhook.deliveries'])(
    '%s is written and read again by services that go on, and what is accepted from then on arrives',
    async (topic) => {
      const before = await scene.load(MOST_PER_SECOND);
      await delay(WORK_MS);
      await before.stop();
      // With their results on the log: else what is made again is attempted again, as it should be.
      expect(await scene.findings(before.accepted)).toMatchObject({ ...NOTHING_LOST, repeated: 0 });

      await makeAnew(scene.address.brokers, topic);
      const after = await scene.load(MOST_PER_SECOND);
      await delay(WORK_MS);
      await after.stop();

      const all = new Map([...before.accepted, ...after.accepted]);
      expect(await scene.findings(all)).toMatchObject({ ...NOTHING_LOST, repeated: 0 });
    },
  );
});

/** Deletes a topic and makes it again with as many partitions, after a while. */
async function makeAnew(brokers: string[], topic: string): Promise<void> {
  const admin = new Kafka({ clientId: 'fault-tests', brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const numPartitions = topics[0]?.partitions.length ?? 1;
    await admin.deleteTopics({ topics: [topic] });
    await delay(AWAY_MS);
    await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 1 }] });
  } finally {
    await admin.disconnect();
  }
}
