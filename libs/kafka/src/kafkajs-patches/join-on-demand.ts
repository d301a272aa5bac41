import type { PartitionAssigner } from 'kafkajs';

import { amendOnce, type Cluster, type ConsumerGroup, consumerGroupPrototype } from './kafkajs-internals.js';

/** The memberships that are to join their group anew, each by its cluster. Every consumer has one of its own. */
const demanded = new WeakSet<Cluster>();

/**
 * Lets a member join its group anew, as the same member, so that its assigner can tell the group something else. kafkajs
 * cannot change what a running consumer has told: it would have to leave its group, and come back as a stranger that owns
 * nothing. Here the next heartbeat says that the group rebalances, and kafkajs does what it does then.
 *
 * Upstream: no issue known; kafkajs refuses `subscribe` while a consumer runs.
 * Delete when a consumer of kafkajs can be told to join again, as the Java client does (`enforceRebalance`).
 */
export class JoinOnDemand {
  private cluster: Cluster | null = null;

  /** The assigner of the consumer. It is to be asked for its metadata each time that the consumer joins. */
  follow(assigner: PartitionAssigner): PartitionAssigner {
    heedDemands();
    return (context) => {
      const cluster = (this.cluster = context.cluster as unknown as Cluster);
      const created = assigner(context);
      const protocol = created.protocol.bind(created);
      return Object.assign(created, {
        protocol: (subscription: Parameters<typeof protocol>[0]) => {
          // What is demanded from now on is not in this answer.
          demanded.delete(cluster);
          return protocol(subscription);
        },
      });
    };
  }

  /** Makes the consumer join anew, also if it is joining now. One that is not a member yet will join anyway. */
  demand(): void {
    if (this.cluster) demanded.add(this.cluster);
  }
}

function heedDemands(): void {
  amendOnce(
    consumerGroupPrototype(),
    'heartbeat',
    (heartbeat) =>
      function (this: ConsumerGroup, options) {
        if (!demanded.has(this.cluster)) return heartbeat.call(this, options);
        // It is sent all the same: the group must not take a member for dead that is slow to join.
        return heartbeat.call(this, options).then(() => {
          const error = new Error('this member joins its group anew');
          throw Object.assign(error, { type: 'REBALANCE_IN_PROGRESS' });
        });
      },
    'join on demand',
  );
}
