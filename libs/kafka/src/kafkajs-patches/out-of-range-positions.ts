import { amendOnce, type ConsumerGroup, consumerGroupPrototype } from './kafkajs-internals.js';

/** Where a group wanted to continue. Its log has no such offset. */
export interface OutOfRangePosition {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint;
}

type Listener = (position: OutOfRangePosition) => Promise<void>;

/** By group id; if a process has several consumers of one group, the last one is notified. */
const listeners = new Map<string, Listener[]>();

/**
 * Makes kafkajs call a listener when a group wants to continue at an offset that its log does not have. kafkajs
 * itself continues with the first record that is left, and does not report missing ones.
 *
 * Upstream: kafkajs #1119 (closed); kafkajs has no event for this.
 * Delete when kafkajs emits an event with the position, before it moves on.
 *
 * @param listener is awaited before the group continues; it must not reject.
 * @returns a function that ends the calls.
 */
export function onPositionOutOfRange(groupId: string, listener: Listener): () => void {
  amendOnce(
    consumerGroupPrototype(),
    'recoverFromOffsetOutOfRange',
    (recover) =>
      async function (this: ConsumerGroup, error) {
        const { topic, partition } = error;
        const position = BigInt(this.offsetManager?.nextOffset(topic, partition).toString() ?? 0);
        await listeners.get(this.groupId)?.at(-1)?.({ topic, partition, position });
        return recover.call(this, error);
      },
  );
  listeners.set(groupId, [...(listeners.get(groupId) ?? []), listener]);
  return () => {
    const others = (listeners.get(groupId) ?? []).filter((each) => each !== listener);
    if (others.length > 0) listeners.set(groupId, others);
    else listeners.delete(groupId);
  };
}
