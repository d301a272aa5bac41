import { amendOnce, fetchResponse } from '../kafkajs-internals.js';
import { decodeFetchResponse } from './fetch-response.js';

/**
 * Makes kafkajs' consumers read batches of all codecs that Kafka has. By itself kafkajs reads gzip alone, without a limit, and
 * one batch of another codec ends the consumer for good, with all that a fetch brought of other partitions.
 */
export function readEveryCodec(): void {
  amendOnce(fetchResponse(), 'decode', () => decodeFetchResponse);
}
