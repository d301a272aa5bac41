import { amendOnce, type Encoder, encoderClass } from './kafkajs-internals.js';

/** The size that kafkajs expects of everything that it encodes, bytes. */
const EXPECTED_BYTES = 511;
/** Room for a partition of a fetch, or a usual header of a record. */
const LEAST_BYTES = 64;

/**
 * Makes kafkajs encode requests in memory of Node's pool. kafkajs has an encoder for each topic, partition, record
 * and header of a request, and each takes 512 zeroed bytes of its own when it is made, mostly for some 30. That was half
 * of what it cost to encode a fetch of four topics with six partitions, and a third for a write of one record.
 *
 * Here an encoder takes memory when something is written, as much as it needs, and half as much again when it grows. Memory
 * of the pool is not zeroed: an encoder gives out only what it has written.
 *
 * Upstream: no issue known. Delete when a new encoder of kafkajs takes no memory of its own.
 */
export function encodeInPool(): void {
  amendOnce(encoderClass(), 'nextPowerOfTwo', (next) => (size) => (size === EXPECTED_BYTES ? 0 : next(size)));
  amendOnce(
    encoderClass().prototype,
    'ensureAvailable',
    () =>
      function (this: Encoder, length) {
        const needed = this.offset + length;
        if (needed <= this.buf.length) return;
        const half = Math.floor(needed / 2);
        const grown = Buffer.allocUnsafe(Math.max(LEAST_BYTES, needed + half));
        this.buf.copy(grown, 0, 0, this.offset);
        this.buf = grown;
      },
  );
}
