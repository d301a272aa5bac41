import type { Logger } from '@skillora/operability';

import type { GroupConsumer } from './group-consumer.js';
import type { WindowCommit } from './offset-window.js';
import type { OwnedPartition } from './owned-partition.js';

const COMMIT_INTERVAL_MS = 250;
/**
 * While all that was read is committed, only records that come make work, and they end the rest. A look at this interval
 * finds positions that changed in another way. Ms.
 */
const RESTING_MS = 5_000;

/** Commits the progress of partitions without transactions: on a timer while there is some, and when it is asked to. */
export class OffsetCommitter {
  private timer: NodeJS.Timeout | null = null;
  private isResting = false;
  private isStopped = true;
  private committing: Promise<void> = Promise.resolve();

  constructor(
    private readonly partitions: { readonly all: readonly OwnedPartition[] },
    private readonly consumer: Pick<GroupConsumer, 'current' | 'isMember'>,
    private readonly logger: Logger,
    private readonly intervalMs = COMMIT_INTERVAL_MS,
  ) {}

  start(): void {
    this.isStopped = false;
    this.plan();
  }

  stop(): void {
    this.isStopped = true;
    if (this.timer) clearTimeout(this.timer);
  }

  /** Records have come, or other partitions: from now on there may be progress. */
  stir(): void {
    if (this.isResting) this.plan();
  }

  /** Commits the progress since the last commit; one commit at a time. Never rejects. */
  commit(): Promise<void> {
    this.committing = this.committing.then(() => this.commitOnce());
    return this.committing;
  }

  private plan(): void {
    if (this.isStopped) return;
    this.isResting = false;
    this.planIn(this.intervalMs);
  }

  private planIn(ms: number): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.commitAndPlan(), ms);
    this.timer.unref();
  }

  private async commitAndPlan(): Promise<void> {
    this.isResting = false;
    await this.commit();
    if (this.isStopped) return;
    this.isResting = this.partitions.all.every(isAtRest);
    this.planIn(this.isResting ? Math.max(RESTING_MS, this.intervalMs) : this.intervalMs);
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

/** Whether nothing is to be committed of a partition before further records of it come. */
function isAtRest({ window, uncommitted }: OwnedPartition): boolean {
  return window !== null && window.inFlight === 0 && uncommitted === null;
}

function inKafkajsForm({ topic, partition }: OwnedPartition, { offset, metadata }: WindowCommit) {
  return { topic, partition, offset: String(offset), metadata };
}
