import { amendOnce, fetchResponse } from '../kafkajs-internals.js';
import { decodeFetchResponse } from './fetch-response.js';

/**
 * Makes kafkajs' consumers read batches of all codecs of Kafka. Without this, kafkajs reads only gzip,
 * without a limit. One batch of another codec ends the consumer for good, and the fetched records of all
 * partitions are lost with it.
 *
 * Upstream: kafkajs #254, #1141 and #1475 (closed: a codec that is not installed ends the consumer on purpose).
 * Delete when a codec of kafkajs learns topic and offset, has a limit for decompressed bytes, and its
 * error costs one batch only.
 */
export function readEveryCodec(): void {
  amendOnce(fetchResponse(), 'decode', () => decodeFetchResponse);
}
