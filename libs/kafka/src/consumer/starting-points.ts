import type { Logger } from '@skillora/operability';
import type { Admin } from 'kafkajs';

import { tryUntilDone } from '../backoff.js';
import type { BatchTransportOptions } from './batch-transport-options.js';
import { committedOffsets } from './committed-offsets.js';
import type { FetchControl } from './fetch-control.js';
import type { WindowCommit } from './offset-window.js';
import { partitionKey, type TopicPartition } from './topic-partition.js';

export interface StartingPointsOptions {
  /** Connected. */
  readonly admin: Admin;
  readonly groupId: string;
  /** The groups whose commits hold the position of a topic: that of the first one that has any counts. Default: the group. */
  readonly groupsOf?: (topic: string) => readonly string[] | undefined;
  /** Where the true positions are, if the group's commits do not hold them. */
  readonly startingOffsets?: BatchTransportOptions['startingOffsets'];
  readonly fetching: FetchControl;
  readonly logger: Logger;
}

/** Nothing was ever committed. */
const NOTHING_COMMITTED: WindowCommit = { offset: 0n, metadata: '' };
/** The pauses between two questions. */
const BACKOFF = { firstMs: 100, mostMs: 1_000 };

/** Where to read on in partitions, by {@link partitionKey}. */
export type PositionsByPartition = ReadonlyMap<string, WindowCommit>;

/**
 * Where this instance reads on in partitions that it gains: where `startingOffsets` says, else at the group's
 * commit, else at the beginning of the log.
 */
export class StartingPoints {
  constructor(private readonly options: StartingPointsOptions) {}

  /**
   * Asks until there is an answer: without one, these partitions could never be read. Rejects only after this
   * instance takes no more records.
   */
  async find(gained: readonly TopicPartition[]): Promise<PositionsByPartition> {
    const { groupId, fetching, logger } = this.options;
    const points = await tryUntilDone(() => this.read(gained), {
      ...BACKOFF,
      onFailure: (error, attempt) => {
        if (fetching.ended) throw error;
        logger.warn(
          { err: error, attempt },
          'the committed offset of a partition could not be read; trying again. If this repeats, check the brokers',
        );
      },
    });
    // The consumer itself knows the commits of its own group only.
    for (const each of gained) {
      if (this.groupsOf(each.topic)[0] !== groupId) fetching.seek(each, positionIn(points, each).offset);
    }
    return points;
  }

  /** Asks once where to read on in one partition. */
  async ofPartition(partition: TopicPartition): Promise<WindowCommit> {
    return positionIn(await this.read([partition]), partition);
  }

  private async read(gained: readonly TopicPartition[]): Promise<PositionsByPartition> {
    const { admin, startingOffsets, fetching } = this.options;
    const points = new Map<string, WindowCommit>();
    if (gained.length === 0) return points;
    for (const { topic, partition, offset } of (await startingOffsets?.(gained)) ?? []) {
      points.set(partitionKey(topic, partition), { offset, metadata: '' });
      fetching.seek({ topic, partition }, offset);
    }
    if (points.size === gained.length) return points;
    const topics = [...new Set(gained.map(({ topic }) => topic))];
    const ranks = Math.max(...topics.map((topic) => this.groupsOf(topic).length));
    for (let rank = 0; rank < ranks; rank += 1) {
      for (const [group, ofGroup] of Map.groupBy(topics, (topic) => this.groupsOf(topic)[rank])) {
        if (group !== undefined) await this.readCommits(group, ofGroup, points);
      }
    }
    // A partition that the group has never read begins at the start of its log. Records that were deleted
    // earlier are no loss for this group.
    const unread = gained.filter(({ topic, partition }) => !points.has(partitionKey(topic, partition)));
    for (const topic of new Set(unread.map((each) => each.topic))) {
      for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
        const key = partitionKey(topic, partition);
        if (!points.has(key)) points.set(key, { offset: BigInt(low), metadata: '' });
      }
    }
    return points;
  }

  /** The groups whose commits hold the position of a topic, in the order in which they count. */
  groupsOf(topic: string): readonly string[] {
    const { groupsOf, groupId } = this.options;
    return groupsOf?.(topic) ?? [groupId];
  }

  /** Adds what a group has committed, for partitions whose position is not known yet. */
  private async readCommits(
    group: string,
    topics: readonly string[],
    points: Map<string, WindowCommit>,
  ): Promise<void> {
    for (const [key, commit] of await committedOffsets(this.options.admin, group, topics)) {
      if (!points.has(key)) points.set(key, commit);
    }
  }
}

/** The position of one partition among those that were found. */
export function positionIn(points: PositionsByPartition, { topic, partition }: TopicPartition): WindowCommit {
  return points.get(partitionKey(topic, partition)) ?? NOTHING_COMMITTED;
}
