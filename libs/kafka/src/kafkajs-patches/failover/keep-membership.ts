import { setTimeout as delay } from 'node:timers/promises';

import {
  amendOnce,
  type Cluster,
  clusterPrototype,
  type ConsumerGroup,
  consumerGroupPrototype,
  type KafkaError,
} from '../kafkajs-internals.js';
import { hadNoAnswer, isLostCoordinator, isLostLeader } from './lost-coordinator.js';

/** Between two looks for a leader or a coordinator, ms. */
const LOOK_AGAIN_MS = 200;

/** Groups that look for their coordinator now. */
const looking = new WeakSet<ConsumerGroup>();
/** The brokers that a cluster has had. */
const everKnown = new WeakMap<Cluster, Set<string>>();

/**
 * Makes kafkajs' consumers stay members of their groups while brokers come and go.
 *
 * By itself kafkajs asks for a coordinator only when it joins. After the death of a coordinator it goes on asking the
 * dead one, stops all fetching at each failure, and finds the new one when the old has come back, or never. And it joins
 * the group anew whenever a leader has moved, which stops the work of every member. The Java client does neither: it
 * looks for the coordinator again and goes on as the same member, and a moved leader is a matter of the fetch alone.
 *
 * It also stops all fetching, until the slowest handler is done, when a broker leaves the cluster or comes back. Here a
 * broker that left keeps its loop, which has nothing to fetch.
 *
 * Upstream: kafkajs #1630 (open) for the coordinator; no issue known for the rest.
 * Delete when a member of kafkajs looks for its coordinator after a failed heartbeat, and a moved leader no
 * longer makes it join again.
 */
export function keepMembership(): void {
  const prototype = consumerGroupPrototype();
  amendOnce(
    clusterPrototype(),
    'getNodeIds',
    (known) =>
      function (this: Cluster) {
        const ids = everKnown.get(this) ?? new Set<string>();
        everKnown.set(this, ids);
        for (const id of known.call(this)) ids.add(id);
        return [...ids];
      },
  );
  amendOnce(
    prototype,
    'heartbeat',
    (heartbeat) =>
      async function (this: ConsumerGroup, options) {
        if (looking.has(this)) return;
        try {
          await heartbeat.call(this, options);
        } catch (error) {
          if (!isLostCoordinator(error)) throw error;
          void findCoordinator(this);
        }
      },
  );
  amendOnce(
    prototype,
    'commitOffsets',
    (commit) =>
      async function (this: ConsumerGroup, offsets) {
        try {
          await commit.call(this, offsets);
        } catch (error) {
          // Tried again by kafkajs, then at the new place.
          if (isLostCoordinator(error)) void findCoordinator(this);
          throw error;
        }
      },
  );
  amendOnce(
    prototype,
    'recoverFromFetch',
    (recover) =>
      async function (this: ConsumerGroup, error) {
        // Where to begin is asked of the coordinator. When no answer came, the heartbeat finds out whose it was.
        if (isLostCoordinator(error) && !hadNoAnswer(error)) void findCoordinator(this);
        else if (!isLostLeader(error) && !(await isElsewhere(this, error))) return recover.call(this, error);
        // Others are read meanwhile: each broker has a loop of its own, and none is to end because of another.
        await Promise.all([this.cluster.refreshMetadata().catch(() => undefined), delay(LOOK_AGAIN_MS)]);
      },
  );
}

/**
 * Whether a broker does not know a partition because it has no replica of it any more. The others know the topic then;
 * of one that was deleted they do not.
 */
async function isElsewhere({ cluster }: ConsumerGroup, error: KafkaError): Promise<boolean> {
  if (error.type !== 'UNKNOWN_TOPIC_OR_PARTITION') return false;
  return cluster.refreshMetadata().then(
    () => true,
    () => false,
  );
}

/** Looks for the coordinator of a group, unless that is under way, and makes it the one that the group asks. Never rejects. */
async function findCoordinator(group: ConsumerGroup): Promise<void> {
  if (looking.has(group)) return;
  looking.add(group);
  const former = group.coordinator;
  try {
    await delay(LOOK_AGAIN_MS);
    // Not the method of the object: before that the group prepares for joining, see `preparedJoin`.
    const found = await clusterPrototype().findGroupCoordinator.call(group.cluster, {
      groupId: group.groupId,
    });
    // It may have joined elsewhere meanwhile.
    if (group.coordinator !== former) return;
    group.coordinator = found;
    if (group.offsetManager) group.offsetManager.coordinator = found;
  } catch {
    // The next heartbeat goes to the former place, fails, and looks again.
  } finally {
    looking.delete(group);
  }
}
