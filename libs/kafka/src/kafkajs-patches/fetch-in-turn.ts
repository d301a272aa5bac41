import type { PartitionAssigner } from 'kafkajs';

import { amendOnce, type Cluster, type ConsumerGroup, consumerGroupPrototype } from './kafkajs-internals.js';

/** Topics that may wait are in a fetch this long after the last one that they were in, ms. */
const TURN_MS = 100;

/** Which topics of a consumer may wait, by its cluster. Every consumer has one of its own. */
const mayWait = new WeakMap<Cluster, (topic: string) => boolean>();
/** What a consumer with such topics has asked for and read, ms by the monotonic clock. */
interface Reading {
  /** When topics that may wait were last asked for, by broker. */
  readonly turns: Map<string, number>;
  /** When a record of another topic last came. */
  urgentAt: number;
}

const readings = new WeakMap<ConsumerGroup, Reading>();

/**
 * Leaves topics that may wait out of most fetches of a consumer whose other topics have many records. kafkajs names all
 * partitions in each fetch, and a broker looks at all of them for each answer, twice if it has to wait for a record. So a
 * record of one topic costs the more, the more topics are read beside it: with eight topics of six partitions a
 * fetch costs the broker half as much again as with two, and the consumer too.
 *
 * A topic that may wait is asked for some 100 ms after it was last asked for, so its records come 200 ms late at most;
 * the broker may hold other fetches no longer than that. A consumer whose other topics are paused, or have had no record for
 * 100 ms, asks for all of its topics each time.
 *
 * Sessions (`fetch-in-sessions.ts`) shorten what is sent, and do not spare the broker its looks.
 *
 * Upstream: no issue known. Delete when an answer costs a broker no look at each partition of the reader.
 * @param assigner the assigner of the consumer.
 */
export function fetchInTurn(
  assigner: PartitionAssigner,
  topicMayWait: (topic: string) => boolean,
): PartitionAssigner {
  leaveOutWhatMayWait();
  return (context) => {
    mayWait.set(context.cluster as unknown as Cluster, topicMayWait);
    return assigner(context);
  };
}

function leaveOutWhatMayWait(): void {
  amendOnce(
    consumerGroupPrototype(),
    'filterPartitionsByNode',
    (filter) =>
      function (this: ConsumerGroup, nodeId, assigned) {
        const partitions = filter.call(this, nodeId, assigned);
        const topicMayWait = mayWait.get(this.cluster);
        if (!topicMayWait) return partitions;
        const urgent = partitions.filter(({ topic }) => !topicMayWait(topic));
        const { turns, urgentAt } = readingOf(this);
        const now = performance.now();
        const mayCome = urgent.some((each) => each.partitions.some((p) => !this.isPaused(each.topic, p)));
        if (!mayCome || now - urgentAt >= TURN_MS || isTurn(turns.get(nodeId), now)) {
          turns.set(nodeId, now);
          return partitions;
        }
        this.maxWaitTime = Math.min(this.maxWaitTime, TURN_MS);
        return urgent;
      },
    'in turn',
  );
  amendOnce(
    consumerGroupPrototype(),
    'fetch',
    (fetch) =>
      async function (this: ConsumerGroup, nodeId) {
        const batches = await fetch.call(this, nodeId);
        const topicMayWait = mayWait.get(this.cluster);
        if (topicMayWait && batches.some((batch) => !topicMayWait(batch.topic) && !batch.isEmpty()))
          readingOf(this).urgentAt = performance.now();
        return batches;
      },
    'in turn',
  );
}

/** Whether topics that may wait are asked for now. @param last when they were last asked for, ms. */
export function isTurn(last: number | undefined, now: number): boolean {
  return last === undefined || now - last >= TURN_MS;
}

function readingOf(group: ConsumerGroup): Reading {
  const reading = readings.get(group) ?? { turns: new Map<string, number>(), urgentAt: -Infinity };
  readings.set(group, reading);
  return reading;
}
