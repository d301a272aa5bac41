import type { RetryOptions } from 'kafkajs';

import { clusterPrototype } from '../kafkajs-internals.js';

/**
 * Makes a producer of kafkajs that asks for its id ask again soon, when Kafka ends the transaction before, or the
 * coordinator has moved. kafkajs means to take what its client was given, but reads it where it is not (`cluster.retry`),
 * and waits 0.3, 0.6, 1.2, 2.4 and 4.8 s.
 *
 * Upstream: no issue known.
 * Delete when the EOS manager of kafkajs takes its retry settings from the client.
 */
export function takeIdsSoon(retry: RetryOptions): void {
  clusterPrototype().retry = retry;
}
