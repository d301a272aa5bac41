import { kafkaSecuritySettings } from './security.js';
import { duration, list, setting, text, wholeNumber } from '@skillora/operability';

const DAY_MS = 86_400_000;

/** Reads a number of replicas; empty: null. */
function replicationFactor(given: string): number | null {
  return given === '' ? null : wholeNumber(1, 10)(given);
}

/** The settings of every service that uses Kafka: the brokers, and the layout of the topics. */
export const kafkaSettings = {
  ...kafkaSecuritySettings,
  brokers: setting('KAFKA_BROKERS', list(text, 1), '127.0.0.1:9092'),
  partitions: setting('TOPIC_PARTITIONS', wholeNumber(1, 1_000), '6'),
  /** Null when it is not set: the default of the cluster. */
  replicationFactor: setting('TOPIC_REPLICATION_FACTOR', replicationFactor, ''),
  /** The delay before each automatic retry, ms; there is one retry topic for each. */
  retryDelaysMs: setting('RETRY_DELAYS', list(duration(100, DAY_MS), 1), '1m,5m,30m'),
  /** How many days the audit and its topics are kept. */
  retentionDays: setting('RETENTION_DAYS', wholeNumber(1, 3_650), '90'),
};
