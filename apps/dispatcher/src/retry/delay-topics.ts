import { retryTopic } from '@skillora/contracts';
import type { Kafka } from 'kafkajs';

import type { RetrySchedule } from './schedule.js';

const DELAY_TOPIC = /^webhook\.retries\.[1-9]\d*$/;

/**
 * The delay topics to read: those of the schedule, and those that a longer schedule of the past has left, for what
 * still waits there must be attempted too. A record's turn in one of these comes at once, and it then waits on where
 * the schedule of today has a place for it.
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

/** The delay topics to read when there are these topics. */
export function delayTopicsAmong(existing: readonly string[], schedule: RetrySchedule): string[] {
  const ofSchedule = schedule.map((_, index) => retryTopic(index + 1));
  return [...new Set([...ofSchedule, ...existing.filter((name) => DELAY_TOPIC.test(name))])];
}
