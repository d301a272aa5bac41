import { type Delivery, type ManualRetry, manualRetrySchema, Topics } from '@skillora/contracts';
import { TopicTable } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

/** An older marker concerns no waiting delivery any more: the longest wait is a day. */
const REMEMBERED_MS = 2 * 86_400_000;

/**
 * Which round of a delivery counts. A manual retry starts a new round, at once and with a schedule of its own; what
 * still waits of earlier rounds is dropped when its turn comes.
 */
export class ManualRetries {
  /** In order of arrival, oldest first. */
  private readonly rounds = new Map<string, { round: number; at: number }>();
  private readonly table: TopicTable<ManualRetry>;

  constructor(kafka: Kafka, logger: Logger) {
    this.table = new TopicTable({
      kafka,
      topic: Topics.manualRetries,
      schema: manualRetrySchema,
      logger,
      apply: ({ state, timestamp }) => {
        if (state) this.remember(state.deliveryId, state.round, timestamp);
      },
    });
  }

  get ready(): boolean {
    return this.table.ready;
  }

  start(): Promise<void> {
    return this.table.start();
  }

  stop(): Promise<void> {
    return this.table.stop();
  }

  /** True when a later round of the delivery has been asked for, so that this one no longer counts. */
  supersedes({ deliveryId, round }: Pick<Delivery, 'deliveryId' | 'round'>): boolean {
    return (this.rounds.get(deliveryId)?.round ?? 0) > round;
  }

  private remember(deliveryId: string, round: number, at: number): void {
    const known = this.rounds.get(deliveryId);
    if (known && known.round >= round) return;
    this.rounds.delete(deliveryId);
    this.rounds.set(deliveryId, { round, at });
    for (const [oldest, entry] of this.rounds) {
      if (entry.at > at - REMEMBERED_MS) break;
      this.rounds.delete(oldest);
    }
  }
}
