import { Controller, Inject, type OnModuleDestroy } from '@nestjs/common';
import { type Delivery, deliveryHeaders, deliverySchema } from '@skillora/contracts';
import { BatchHandler, decodeRecord, type RecordBatch, traceOf } from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import { Counter, Histogram } from 'prom-client';

import type { BatchedRecord } from '../batched-record.js';
import { SYSTEM_CLOCK } from '../clock.js';
import { schemaMismatch } from '../dead-letters.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { ManualRetries } from './manual-retries.js';
import { type ForwardedDelivery, RetryEngine, type TurnOutcome } from './retry-engine.js';
import { recordWaiting } from './waiting-span.js';

/** Injection token of this stage's transport. */
export const RETRY = Symbol('retry');
export const RETRY_GROUP = 'retry';
/**
 * How much of a partition of a retry topic may be in memory. Many deliveries that are due at the same moment
 * must be in memory at that moment, so their size is the limit that counts.
 */
export const RETRY_WINDOW = { records: 5_000, bytes: 2 * 1_024 * 1_024 } as const;
/** An eighth of the window: even if several organisations hold their share, others find room. */
const HELD_LIMITS = { records: RETRY_WINDOW.records / 8, bytes: RETRY_WINDOW.bytes / 8 };
/** Stands in for all retry topics of the schedule; the transport gets their names. */
export const RETRY_TOPICS = 'webhook.retries';

export function isRetryTopic(topic: string): boolean {
  return topic.startsWith(`${RETRY_TOPICS}.`);
}

/** The retry stage: hosts the {@link RetryEngine}. Failed deliveries wait in Kafka until they are due. */
@Controller()
export class RetryController implements OnModuleDestroy {
  private readonly engine: RetryEngine<BatchedRecord>;
  private readonly forwarded = new Counter({
    name: 'webhook_retries_due_total',
    help: 'Deliveries whose retry became due, by outcome',
    labelNames: ['outcome'] as const,
  });
  private readonly lateness = new Histogram({
    name: 'webhook_retry_lateness_seconds',
    help: 'How late due retries were handed back for their next attempt',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
  });

  constructor(
    @Inject(DISPATCHER_SETTINGS) { retryDelaysMs }: DispatcherSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer,
    manualRetries: ManualRetries,
  ) {
    this.engine = new RetryEngine(retryDelaysMs, HELD_LIMITS, {
      clock: SYSTEM_CLOCK,
      supersedes: (delivery) => manualRetries.supersedes(delivery),
      isStale: ({ batch, record }) => batch.isStale(record.offset),
      ack: (read, forwarded) => this.ack(read, forwarded),
      giveUp: ({ batch, record }, error) => batch.giveUp(record.offset, error),
      turned: (outcome, lateMs) => this.turned(outcome, lateMs),
      failed: (read, delivery, error) => this.logFault(read, delivery, error),
    });
  }

  @BatchHandler(RETRY_TOPICS, RETRY)
  onRetries(batch: RecordBatch): Promise<void> {
    const topicNumber = Number(batch.topic.slice(RETRY_TOPICS.length + 1));
    // All records are decoded before the first one waits, so that an invalid record does not affect the
    // others.
    const read = batch.records.map((record) => ({
      record,
      delivery: decodeRecord(deliverySchema, record, batch, this.logger),
    }));
    for (const { record, delivery } of read) {
      const waits =
        delivery &&
        this.engine.take({
          record: { batch, record },
          delivery,
          topicNumber,
          partition: batch.partition,
          writtenAt: record.timestamp,
          bytes: record.value?.length ?? 0,
        });
      if (!waits) batch.giveUp(record.offset, schemaMismatch(deliverySchema));
    }
    return Promise.resolve();
  }

  onModuleDestroy(): void {
    this.engine.stop();
  }

  private ack({ batch, record }: BatchedRecord, forwarded: ForwardedDelivery | null): void {
    if (!forwarded) {
      batch.ack(record.offset);
      return;
    }
    const { topic, delivery } = forwarded;
    const trace = this.tracer.isRecording
      ? recordWaiting(this.tracer, record, delivery, batch.topic)
      : traceOf(record);
    batch.ack(record.offset, [
      {
        topic,
        key: delivery.endpointId,
        value: record.value,
        headers: deliveryHeaders(delivery, trace),
      },
    ]);
  }

  private turned(outcome: TurnOutcome, lateMs: number): void {
    this.forwarded.inc({ outcome });
    if (outcome === 'attempt') this.lateness.observe(lateMs / 1_000);
  }

  private logFault({ batch, record }: BatchedRecord, { deliveryId }: Delivery, error: unknown): void {
    this.logger.error(
      { err: error, delivery: deliveryId, topic: batch.topic, offset: String(record.offset) },
      'a due retry could not be written because of a fault in our code. The dispatcher tries again for a few seconds and then puts the record on the dead-letter topic. Report the error',
    );
  }
}
