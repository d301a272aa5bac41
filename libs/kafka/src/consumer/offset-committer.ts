import type { Logger } from '@skillora/operability';

import type { GroupConsumer } from './group-consumer.js';
import type { WindowCommit } from './offset-window.js';
import type { OwnedPartition } from './owned-partition.js';

const COMMIT_INTERVAL_MS = 250;

/** Commits the progress of partitions without transactions: on a timer, and when it is asked to. */
export class OffsetCommitter {
  private timer: NodeJS.Timeout | null = null;
  private committing: Promise<void> = Promise.resolve();

  constructor(
    private readonly partitions: { readonly all: readonly OwnedPartition[] },
    private readonly consumer: Pick<GroupConsumer, 'current' | 'isMember'>,
    private readonly logger: Logger,
    private readonly intervalMs = COMMIT_INTERVAL_MS,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.commit(), this.intervalMs);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** Commits the progress since the last commit; one commit at a time. Never rejects. */
  commit(): Promise<void> {
    this.committing = this.committing.then(() => this.commitOnce());
    return this.committing;
  }

  private async commitOnce(): Promise<void> {
    const moved = this.partitions.all.flatMap((partition) => {
      const commit = partition.uncommitted;
      return commit === null ? [] : [{ partition, commit }];
    });
    const { current, isMember } = this.consumer;
    if (moved.length === 0 || !isMember || !current) return;
    try {
      await current.commitOffsets(moved.map(({ partition, commit }) => inKafkajsForm(partition, commit)));
      for (const { partition, commit } of moved) partition.commitTaken(commit);
    } catch (error) {
      // A rebalance, or a broker that is down: the next tick commits the state at that time.
      this.logger.debug({ err: error }, 'offsets could not be committed; trying again later');
    }
  }
}

function inKafkajsForm({ topic, partition }: OwnedPartition, { offset, metadata }: WindowCommit) {
  return { topic, partition, offset: String(offset), metadata };
}
