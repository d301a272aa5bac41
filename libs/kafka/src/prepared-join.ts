import type { PartitionAssigner } from 'kafkajs';

/** The part of kafkajs' `Cluster` that is used here; kafkajs does not export it. */
interface Coordinators {
  findGroupCoordinator(query: unknown): Promise<unknown>;
}

/**
 * Makes the consumer of an assigner wait for `prepare` each time before it joins its group. kafkajs tells of a rebalance
 * and joins again in the same breath; the first thing it does for that is to ask its cluster, which it hands to its
 * assigners, for the group's coordinator, and it asks for nothing else.
 *
 * @param prepare ends well within the group's session timeout; what it rejects with ends the consumer.
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
