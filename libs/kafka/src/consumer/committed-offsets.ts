import type { Admin } from 'kafkajs';

import type { WindowCommit } from './offset-window.js';
import { partitionKey } from './topic-partition.js';

/** What a group has committed, by {@link partitionKey}. Partitions without a commit are absent. */
export async function committedOffsets(
  admin: Pick<Admin, 'fetchOffsets'>,
  groupId: string,
  topics: readonly string[],
): Promise<Map<string, WindowCommit>> {
  const found = await admin.fetchOffsets({ groupId, topics: [...new Set(topics)] });
  return new Map(
    found.flatMap(({ topic, partitions }) =>
      partitions
        .map(({ partition, offset, metadata }): [string, WindowCommit] => [
          partitionKey(topic, partition),
          { offset: BigInt(offset), metadata: metadata ?? '' },
        ])
        // The group answers -1 for a partition without a committed offset.
        .filter(([, { offset }]) => offset >= 0n),
    ),
  );
}
