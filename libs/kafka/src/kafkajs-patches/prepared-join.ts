import type { PartitionAssigner } from 'kafkajs';

/** The part of kafkajs' `Cluster` that is used here; kafkajs does not export it. */
interface Coordinators {
  findGroupCoordinator(query: unknown): Promise<unknown>;
}

/**
 * Makes the consumer of an assigner wait for `prepare` each time before it joins its group. kafkajs announces
 * a rebalance and joins again at once. Its first step is to ask its cluster for the group's coordinator, and
 * assigners get that cluster; the consumer asks it for nothing else.
 *
 * Upstream: no issue known; kafkajs has no hook between a rebalance and the next join.
 * Delete when kafkajs waits for a callback before it joins again, as the Java client does
 * (`onPartitionsRevoked`).
 *
 * @param prepare must end well within the group's session timeout; if it rejects, the consumer ends.
 */
export function preparedJoin(assigner: PartitionAssigner, prepare: () => Promise<void>): PartitionAssigner {
  return (context) => {
    const cluster = context.cluster as unknown as Coordinators;
    const find = cluster.findGroupCoordinator.bind(cluster);
    cluster.findGroupCoordinator = async (query) => {
      await prepare();
      return find(query);
    };
    return assigner(context);
  };
}
