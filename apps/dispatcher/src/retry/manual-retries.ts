import { Inject, Injectable } from '@nestjs/common';
import { type Delivery, type ManualRetry, manualRetrySchema, Topics } from '@skillora/contracts';
import { KAFKA, TopicTable } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

/** A marker that is older than this concerns no waiting delivery: the longest wait is a day. */
const REMEMBERED_MS = 2 * 86_400_000;

/**
 * The round of each delivery that counts. A manual retry starts a new round at once, with its own schedule.
 * Waiting attempts of earlier rounds are dropped when they become due.
 */
@Injectable()
export class ManualRetries {
  /** In order of arrival, oldest first. */
  private readonly rounds = new Map<string, { round: number; at: number }>();
  private readonly table: TopicTable<ManualRetry>;

  constructor(@Inject(KAFKA) kafka: Kafka, @Inject(LOGGER) logger: Logger) {
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

  /** True when somebody has asked for a later round of the delivery, so that this round no longer counts. */
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
