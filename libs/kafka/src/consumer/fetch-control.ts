import type { Logger } from '@skillora/operability';
import type { Consumer } from 'kafkajs';

import type { TopicPartition } from './topic-partition.js';

/** Tells kafkajs which partitions to fetch, and from where. */
export class FetchControl {
  /**
   * @param consumer the consumer that works now; null while it is being replaced.
   * @param closing when it is aborted, no partition is fetched any more.
   */
  constructor(
    private readonly consumer: () => Consumer | null,
    private readonly closing: AbortSignal,
    private readonly logger: Logger,
  ) {}

  /** True once no more records are taken. */
  get ended(): boolean {
    return this.closing.aborted;
  }

  /** Resumes a partition, or pauses it. */
  apply({ topic, partition }: TopicPartition, isToBeFetched: boolean): void {
    const target = [{ topic, partitions: [partition] }];
    try {
      if (isToBeFetched && !this.ended) this.consumer()?.resume(target);
      else this.consumer()?.pause(target);
    } catch (error) {
      // The consumer is being replaced; when it joins again, every partition is paused or resumed again.
      this.logger.debug({ err: error }, 'a partition could not be paused or resumed; trying again later');
    }
  }

  /** Continues a partition at an offset. */
  seek({ topic, partition }: TopicPartition, offset: bigint): void {
    this.consumer()?.seek({ topic, partition, offset: String(offset) });
  }
}
