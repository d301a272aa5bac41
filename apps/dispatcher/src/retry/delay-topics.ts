import { retryTopic } from '@skillora/contracts';
import type { Kafka } from 'kafkajs';

import type { RetrySchedule } from './schedule.js';

const DELAY_TOPIC = /^webhook\.retries\.[1-9]\d*$/;

/**
 * The delay topics to read: those of the schedule, and those that a former, longer schedule has left, because
 * deliveries may still wait there. A record in such a topic is due at once; it then waits in the topic where
 * the present schedule puts it.
 */
export async function delayTopics(kafka: Kafka, schedule: RetrySchedule): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return delayTopicsAmong(await admin.listTopics(), schedule);
  } finally {
    await admin.disconnect();
  }
}

/** The delay topics to read, given the existing topics. */
export function delayTopicsAmong(existing: readonly string[], schedule: RetrySchedule): string[] {
  const ofSchedule = schedule.map((_, index) => retryTopic(index + 1));
  return [...new Set([...ofSchedule, ...existing.filter((name) => DELAY_TOPIC.test(name))])];
}
