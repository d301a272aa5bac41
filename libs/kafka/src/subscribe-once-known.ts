import { setTimeout as delay } from 'node:timers/promises';

import type { Consumer } from 'kafkajs';

import type { KafkaError } from './kafkajs-internals.js';

/** So long a cluster may take until all its brokers know of a topic that was just made, ms. */
const SPREAD_LIMIT_MS = 10_000;
const ASK_AGAIN_MS = 100;

/**
 * Subscribes to topics that were perhaps just made. In a cluster the broker that is asked may not know them yet, and
 * kafkajs takes that answer for final.
 * @throws what Kafka answered, where it still knows no such topic after 10 s.
 */
export async function subscribeOnceKnown(
  consumer: Pick<Consumer, 'subscribe'>,
  topics: string[],
  limitMs = SPREAD_LIMIT_MS,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      await consumer.subscribe({ topics, fromBeginning: true });
      return;
    } catch (error) {
      const isUnknown = (error as KafkaError | null)?.type === 'UNKNOWN_TOPIC_OR_PARTITION';
      if (!isUnknown || Date.now() > deadline) throw error;
      await delay(ASK_AGAIN_MS);
    }
  }
}
