import type { Admin, Kafka } from 'kafkajs';

import { ensureTopics } from './ensure-topics.js';

const DEFINITIONS = [{ name: 'events', partitions: 'spread' as const, config: {} }];
const LAYOUT = { partitions: 3, replicationFactor: 1 };

/** A cluster whose brokers hear late of what the controller has made. */
function cluster(answers: readonly (Error | null)[]): { kafka: Kafka; asked: () => number } {
  const left = [...answers];
  let asked = 0;
  const admin: Partial<Admin> = {
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    listTopics: () => Promise.resolve([]),
    createTopics: () => Promise.resolve(true),
    fetchTopicMetadata: () => {
      asked += 1;
      const error = left.shift() ?? null;
      return error ? Promise.reject(error) : Promise.resolve({ topics: [] });
    },
  };
  return { kafka: { admin: () => admin } as Kafka, asked: () => asked };
}

const refused = (type: string): Error => Object.assign(new Error(type), { type });

describe('topics that were just made', () => {
  it('are waited for until the brokers know them', async () => {
    const { kafka, asked } = cluster([
      refused('UNKNOWN_TOPIC_OR_PARTITION'),
      refused('LEADER_NOT_AVAILABLE'),
      null,
    ]);
    await ensureTopics(kafka, DEFINITIONS, LAYOUT);
    expect(asked()).toBe(3);
  });

  it('are not waited for when the brokers refuse to tell of them', async () => {
    const { kafka } = cluster([refused('TOPIC_AUTHORIZATION_FAILED')]);
    await expect(ensureTopics(kafka, DEFINITIONS, LAYOUT)).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
  });
});
