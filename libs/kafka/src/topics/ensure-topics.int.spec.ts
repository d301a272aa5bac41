import { BrokerTest } from '../testing/broker-test.js';
import { ensureTopics } from './ensure-topics.js';

const test = new BrokerTest();

afterEach(() => test.close());

describe('topics', () => {
  it('are made once, and left alone when they are there', async () => {
    const name = await test.topic({}, 3);
    await ensureTopics(test.kafka, [{ name, partitions: 'single', config: {} }], {
      partitions: 1,
      replicationFactor: 1,
    });
    const admin = test.kafka.admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    await admin.disconnect();
    expect(topics[0]?.partitions).toHaveLength(3);
  });
});
