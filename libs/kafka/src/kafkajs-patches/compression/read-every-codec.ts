import { amendOnce, fetchResponse } from '../kafkajs-internals.js';
import { decodeFetchResponse } from './fetch-response.js';

/**
 * Makes kafkajs' consumers read batches of all codecs of Kafka. Without this, kafkajs reads only gzip,
 * without a limit. One batch of another codec ends the consumer for good, and the fetched records of all
 * partitions are lost with it.
 */
export function readEveryCodec(): void {
  amendOnce(fetchResponse(), 'decode', () => decodeFetchResponse);
}
