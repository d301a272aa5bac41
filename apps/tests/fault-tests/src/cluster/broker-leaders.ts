import { setTimeout as delay } from 'node:timers/promises';

import { type ClusterNode, type EmbeddedCluster } from '@skillora/engines';
import { untilItHolds } from '@skillora/testing';
import { type Admin, Kafka, logLevel } from 'kafkajs';

const LOOK_EVERY_MS = 100;
const ANSWER_LIMIT_MS = 1_000;
/** Brokers' sessions last 9 s; after the death of the active controller they begin anew. A slow machine takes longer. */
const FAILOVER_LIMIT_MS = 120_000;

/** The leader of each partition of each topic, internal topics included, by `topic/partition`. */
export type Leaders = ReadonlyMap<string, number>;

/** Who leads what, as one broker knows it. */
export function leadersAt(node: ClusterNode): Promise<Leaders> {
  return withAdmin([node.address], async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    return new Map(
      topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionId, leader }): [string, number] => [`${name}/${partitionId}`, leader]),
      ),
    );
  });
}

/**
 * Resolves when every other broker knows a leader of each partition that is not the broker given: what a client can
 * know of its failover. @returns how long that took from the call, ms.
 */
export async function failedOver(cluster: EmbeddedCluster, lost: ClusterNode): Promise<number> {
  const began = Date.now();
  const others = cluster.nodes.filter((node) => node !== lost);
  const ids = new Set(others.map(({ id }) => id));
  while (Date.now() - began < FAILOVER_LIMIT_MS) {
    const known = await Promise.all(others.map((node) => leadersAt(node).catch(() => null)));
    if (known.every((leaders) => leaders !== null && [...leaders.values()].every((id) => ids.has(id)))) {
      return Date.now() - began;
    }
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(`the brokers have no new leaders ${FAILOVER_LIMIT_MS} ms after broker ${lost.id} was lost`);
}

/**
 * Resolves when every replica of every partition is in sync. An operator waits for this before the next broker is stopped
 * ("no under-replicated partitions"): otherwise Kafka refuses writes with `NOT_ENOUGH_REPLICAS` until one has caught up.
 */
export async function allInSync(cluster: EmbeddedCluster): Promise<void> {
  const [node] = cluster.nodes as [ClusterNode];
  await untilItHolds(
    'all replicas in sync',
    () =>
      withAdmin([node.address], async (admin) => {
        const { topics } = await admin.fetchTopicMetadata();
        return topics.every(({ partitions }) =>
          partitions.every(({ replicas, isr }) => isr.length === replicas.length),
        );
      }).catch(() => false),
    { stillMs: FAILOVER_LIMIT_MS, everyMs: LOOK_EVERY_MS },
  );
}

/** Moves the lead of every partition from the brokers that have it now to others, by hand; keeps all replicas. */
export async function moveLeaders(cluster: EmbeddedCluster): Promise<void> {
  const ids = cluster.nodes.map(({ id }) => id);
  await withAdmin(cluster.brokers, async (admin) => {
    const before = await leadersAt(cluster.nodes[0] as ClusterNode);
    // A leader that is no replica any more leads no more; then it becomes one again.
    await reassign(admin, before, (leader) => ids.filter((id) => id !== leader));
    for (;;) {
      const now = await leadersAt(cluster.nodes[0] as ClusterNode);
      if ([...before].every(([partition, leader]) => now.get(partition) !== leader)) break;
      await delay(LOOK_EVERY_MS);
    }
    await reassign(admin, before, (leader) => [...ids.filter((id) => id !== leader), leader]);
  });
}

async function reassign(
  admin: Admin,
  leaders: Leaders,
  replicas: (leader: number) => number[],
): Promise<void> {
  const byTopic = Map.groupBy(leaders, ([place]) => place.slice(0, place.lastIndexOf('/')));
  await admin.alterPartitionReassignments({
    topics: [...byTopic].map(([topic, partitions]) => ({
      topic,
      partitionAssignment: partitions.map(([place, leader]) => ({
        partition: Number(place.slice(place.lastIndexOf('/') + 1)),
        replicas: replicas(leader),
      })),
    })),
  });
}

async function withAdmin<T>(brokers: string[], ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({
    clientId: 'fault-tests',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: ANSWER_LIMIT_MS,
    requestTimeout: 5 * ANSWER_LIMIT_MS,
    retry: { retries: 2 },
  }).admin();
  await admin.connect();
  try {
    return await ask(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
