import { amendOnce, type Batch, type ConsumerGroup, consumerGroupPrototype } from './kafkajs-internals.js';

/** A consumer rests when it has had no record for this long, ms. */
const IDLE_MS = 30_000;
/**
 * How long the broker may hold the fetch of a consumer that rests, ms. A member sends its heartbeat between two
 * fetches. So a rebalance waits for a resting member twice this long at most: once for the fetch after which it
 * notices, once for those from other brokers. Members with work wait for it for 1.8 s, see `graceful-rebalance.ts`.
 */
const RESTING_FETCH_MS = 800;
/**
 * The same for the only member of a group, ms: no other member waits for it. Three heartbeats, each after a fetch, fit into
 * the session of 10 s.
 */
const RESTING_ALONE_MS = 3_000;

/** How long a broker may hold a fetch, ms, unless it has this many bytes. */
export interface FetchWait {
  readonly maxWaitTime: number;
  readonly minBytes: number;
}

/** What a consumer was created with, and when it last had a record, ms since the epoch. */
export interface Activity extends FetchWait {
  at: number;
}

const activities = new WeakMap<ConsumerGroup, Activity>();
/** The groups that have one member only; each signal says that it ends. */
const alone = new Map<string, AbortSignal>();

/**
 * Lets the consumer of a group rest longer that never has another member.
 * @param ending is aborted when the consumer is disconnected, right before: its loop then does not wait for a fetch that is held.
 */
export function restAlone(groupId: string, ending: AbortSignal): void {
  alone.set(groupId, ending);
  ending.addEventListener('abort', () => alone.delete(groupId), { once: true });
}

/**
 * Makes kafkajs' consumers ask rarely while there is nothing to read. kafkajs lets the broker hold each fetch for the
 * same time. Ours is short, because a partition that is resumed joins only the next fetch. So a consumer without
 * records asked four times a second, and sent a heartbeat twice a second.
 *
 * A consumer rests when it has had no record for 30 s and none of its partitions is paused. The broker answers a
 * held fetch as soon as there is a record, whatever its size, so the first record after a rest comes at once. A
 * resting member notices a rebalance, and the end of its service, up to 0.8 s late. See also {@link restAlone}.
 *
 * Upstream: no issue known. Delete when kafkajs can change the wait of a running consumer.
 */
export function restWhenIdle(): void {
  amendOnce(
    consumerGroupPrototype(),
    'fetch',
    (fetch) =>
      async function (this: ConsumerGroup, nodeId) {
        const activity = activityOf(this);
        const ending = alone.get(this.groupId);
        const restingMs = ending ? RESTING_ALONE_MS : RESTING_FETCH_MS;
        Object.assign(this, waitOf(activity, this.paused().length > 0, Date.now(), restingMs));
        const fetching = fetch.call(this, nodeId);
        const batches = ending ? await untilEnding(fetching, ending) : await fetching;
        if (batches.some((batch) => !batch.isEmpty())) activity.at = Date.now();
        return batches;
      },
  );
  amendOnce(
    consumerGroupPrototype(),
    'filterPartitionsByNode',
    (filter) =>
      function (this: ConsumerGroup, nodeId, assigned) {
        const partitions = filter.call(this, nodeId, assigned);
        // With nothing to ask this broker for, kafkajs sleeps as long. A partition may become its own meanwhile.
        if (partitions.every((each) => each.partitions.length === 0))
          this.maxWaitTime = activityOf(this).maxWaitTime;
        return partitions;
      },
    'rest when idle',
  );
}

/** How long the next fetch may be held, for a consumer with or without paused partitions. */
export function waitOf(
  { maxWaitTime, minBytes, at }: Activity,
  hasPaused: boolean,
  now: number,
  restingMs = RESTING_FETCH_MS,
): FetchWait {
  if (hasPaused || now - at < IDLE_MS || maxWaitTime >= restingMs) return { maxWaitTime, minBytes };
  return { maxWaitTime: restingMs, minBytes: 1 };
}

/** What a fetch brings; nothing when the consumer ends first. */
function untilEnding(fetching: Promise<readonly Batch[]>, ending: AbortSignal): Promise<readonly Batch[]> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve([]);
    ending.addEventListener('abort', end, { once: true });
    fetching.then(resolve, reject).finally(() => ending.removeEventListener('abort', end));
  });
}

function activityOf(group: ConsumerGroup): Activity {
  let activity = activities.get(group);
  if (!activity) {
    const { maxWaitTime, minBytes } = group;
    activity = { maxWaitTime, minBytes, at: Date.now() };
    activities.set(group, activity);
  }
  return activity;
}
