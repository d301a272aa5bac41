import { retryTopic } from '@skillora/contracts';
import type { Kafka } from 'kafkajs';

import type { RetrySchedule } from './schedule.js';

const RETRY_TOPIC = /^webhook\.retries\.[1-9]\d*$/;

/**
 * The retry topics to read: those of the schedule, and those that a former, longer schedule has left, because
 * deliveries may still wait there. A record in such a topic is due at once; it then waits in the topic where
 * the present schedule puts it.
 */
export async function retryTopics(kafka: Kafka, schedule: RetrySchedule): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return retryTopicsAmong(await admin.listTopics(), schedule);
  } finally {
    await admin.disconnect();
  }
}

/** The retry topics to read, given the existing topics. */
export function retryTopicsAmong(existing: readonly string[], schedule: RetrySchedule): string[] {
  const ofSchedule = schedule.map((_, index) => retryTopic(index + 1));
  return [...new Set([...ofSchedule, ...existing.filter((name) => RETRY_TOPIC.test(name))])];
}
