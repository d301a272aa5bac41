import { Topics } from '@skillora/contracts';
import type { BatchTransportOptions, TopicPartition } from '@skillora/kafka';

import { bytesInAttempt } from '../bodies/bytes-in-attempt.js';
import { unhandledRecord } from '../dead-letters.js';
import type { SlowLane } from '../lanes/slow-lane.js';
import type { RebalanceDrain } from '../queues/rebalance-drain.js';
import type { Tenure } from '../queues/tenure.js';

/** What an instance remembers of the partitions of both lanes. */
export interface LaneMemory {
  readonly slowLane: Pick<SlowLane, 'lost'>;
  readonly drain: RebalanceDrain;
  readonly tenure: Pick<Tenure, 'shakes' | 'holds' | 'lost' | 'gained'>;
}

/** How a transport that reads both lanes tells of assignments and rebalances, and what it does with their records. */
export function lanesOfInstance({ slowLane, drain, tenure }: LaneMemory) {
  /**
   * When a partition of one lane is lost, what was written from it to the other lane will not be read back
   * here.
   */
  const gone = ({ topic, partition }: TopicPartition): void => {
    if (topic === Topics.slowDeliveries || topic === Topics.deliveries) slowLane.lost(partition);
  };
  const partitionsOf = (all: readonly TopicPartition[]) => all.map(({ partition }) => partition);
  return {
    completion: 'record',
    bytesOf: bytesInAttempt,
    // One instance owns an endpoint's deliveries of both lanes and queues them one after the other.
    coPartitioned: true,
    trimmed: [Topics.slowDeliveries],
    rebalance: {
      begins: () => {
        tenure.shakes();
        return drain.begins();
      },
      released: drain.released,
      formed: tenure.holds,
    },
    onAssignment: ({ gained, lost }) => {
      lost.forEach(gone);
      tenure.lost(partitionsOf(lost));
      tenure.gained(partitionsOf(gained));
    },
    onAnotherLog: gone,
    unhandled: { inPlaceOf: unhandledRecord },
  } as const satisfies Partial<BatchTransportOptions>;
}
