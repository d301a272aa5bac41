import type { Logger } from '@skillora/operability';
import type { Admin } from 'kafkajs';

import type { OwnedPartition } from './owned-partition.js';

const TRIM_MS = 60_000;

/** Deletes committed records of topics whose records are not needed after they are processed, to save space. */
export class Trim {
  private timer: NodeJS.Timeout | null = null;

  /** @param admin connected. */
  constructor(
    private readonly topics: readonly string[],
    private readonly partitions: { readonly all: readonly OwnedPartition[] },
    private readonly admin: Admin,
    private readonly logger: Logger,
  ) {}

  /** Trims from time to time. */
  start(): void {
    this.timer = setInterval(() => void this.trim(), TRIM_MS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private async trim(): Promise<void> {
    for (const topic of this.topics) {
      const partitions = this.partitions.all
        .filter((each) => each.topic === topic && each.acknowledged > 0n)
        .map(({ partition, acknowledged }) => ({ partition, offset: String(acknowledged) }));
      if (partitions.length === 0) continue;
      try {
        await this.admin.deleteTopicRecords({ topic, partitions });
      } catch (error) {
        this.logger.debug(
          { err: error, topic },
          'finished records of a topic could not be deleted; trying again later',
        );
      }
    }
  }
}
