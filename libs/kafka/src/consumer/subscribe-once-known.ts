import { setTimeout as delay } from 'node:timers/promises';

import type { Consumer } from 'kafkajs';

import type { KafkaError } from '../kafkajs-patches/kafkajs-internals.js';

/** How long it may take until all brokers of a cluster know of a new topic, ms. */
const SPREAD_LIMIT_MS = 10_000;
const ASK_AGAIN_MS = 100;

/**
 * Subscribes to topics that may be new. In a cluster the asked broker may not know them yet, and kafkajs
 * treats that answer as final.
 * @throws Kafka's answer if it still does not know such a topic after 10 s.
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
