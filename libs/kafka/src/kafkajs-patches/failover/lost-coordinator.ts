import type { KafkaError } from '../kafkajs-internals.js';

/** No answer came: the connection broke, could not be made, or was silent for too long. kafkajs' names. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
]);

/** What a broker answers that is not the coordinator, or not yet. */
const NO_COORDINATOR: ReadonlySet<string> = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);

/** What a broker answers that does not lead a partition, or not yet. */
const NO_LEADER: ReadonlySet<string> = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
]);

/** True when a request had no answer, so that the broker may be gone. */
export function hadNoAnswer(error: unknown): boolean {
  return error instanceof Error && NO_ANSWER.has(error.name);
}

/** True when an error says that the coordinator is to be looked for. */
export function isLostCoordinator(error: unknown): boolean {
  return hadNoAnswer(error) || NO_COORDINATOR.has((error as KafkaError | null)?.type ?? '');
}

/** True when an error says that the leader of a partition is to be looked for. */
export function isLostLeader(error: unknown): boolean {
  return (
    hadNoAnswer(error) ||
    (error instanceof Error && error.name === 'KafkaJSBrokerNotFound') ||
    NO_LEADER.has((error as KafkaError | null)?.type ?? '')
  );
}
