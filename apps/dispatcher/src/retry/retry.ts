import { Controller, Inject, type OnModuleDestroy } from '@nestjs/common';
import { type Delivery, deliverySchema, recordHeaders, retryTopic, Topics } from '@skillora/contracts';
import { BatchHandler, decodeRecord, type ReceivedRecord, type RecordBatch, traceOf } from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import { Counter, Histogram } from 'prom-client';

import { foreign } from '../dead-letters.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { ManualRetries } from './manual-retries.js';
import { takeTurn, turnAt } from './retry-turn.js';
import { recordWaiting } from './waiting-span.js';

/** Injection token of this stage's transport. */
export const RETRY = Symbol('retry');
export const RETRY_GROUP = 'retry';
/** Stands in for all delay topics of the schedule; the transport gets their names. */
export const RETRY_TOPICS = 'webhook.retries';

/** A waiting delivery, and how often it failed because of a fault in our code. */
interface Waiting {
  readonly batch: RecordBatch;
  readonly record: ReceivedRecord;
  readonly delivery: Delivery;
  /** Ms since the epoch. */
  readonly dueAt: number;
  readonly failures: number;
}

const MAX_FAILURES = 5;
const REPEAT_AFTER_MS = 1_000;

/**
 * The retry stage. Failed deliveries wait here, in Kafka, until they are due. Then they go back to the
 * deliveries to attempt, in the transaction that commits their record.
 */
@Controller()
export class Retry implements OnModuleDestroy {
  private readonly timers = new Set<NodeJS.Timeout>();
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
    @Inject(DISPATCHER_SETTINGS) private readonly settings: DispatcherSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer | null,
    private readonly manualRetries: ManualRetries,
  ) {}

  @BatchHandler(RETRY_TOPICS, RETRY)
  onRetries(batch: RecordBatch): Promise<void> {
    const delayTopic = Number(batch.topic.slice(RETRY_TOPICS.length + 1));
    // All records are decoded before the first one waits, so that an invalid record does not affect the
    // others.
    const read = batch.records.map((record) => ({
      record,
      delivery: decodeRecord(deliverySchema, record, batch, this.logger),
    }));
    for (const { record, delivery } of read) {
      const dueAt = Date.parse(delivery?.dueAt ?? '');
      if (!delivery || Number.isNaN(dueAt)) {
        batch.giveUp(record.offset, foreign(deliverySchema));
        continue;
      }
      const turn = turnAt(this.settings.retryDelaysMs, delayTopic, record.timestamp, dueAt);
      this.at(turn, () => this.onTurn({ batch, record, delivery, dueAt, failures: 0 }));
    }
    return Promise.resolve();
  }

  /** Waiting deliveries stay in their topic; the next owner of the partition reads them. */
  onModuleDestroy(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  /** A failure here must not end the process, which would start again with the same record. */
  private onTurn(waiting: Waiting): void {
    const { batch, record, delivery, failures } = waiting;
    try {
      this.takeTurn(waiting);
    } catch (error) {
      this.logger.error(
        { err: error, delivery: delivery.deliveryId, topic: batch.topic, offset: String(record.offset) },
        'a due retry could not be written because of a fault in our code. The dispatcher tries again for a few seconds and then puts the record on the dead-letter topic. Report the error',
      );
      if (failures < MAX_FAILURES) {
        this.at(Date.now() + REPEAT_AFTER_MS, () => this.onTurn({ ...waiting, failures: failures + 1 }));
      } else batch.giveUp(record.offset, error);
    }
  }

  private takeTurn(waiting: Waiting): void {
    const { batch, record, delivery, dueAt } = waiting;
    if (batch.isStale()) return;
    if (this.manualRetries.supersedes(delivery)) {
      this.forwarded.inc({ outcome: 'superseded' });
      batch.done(record.offset);
      return;
    }
    const turn = takeTurn(this.settings.retryDelaysMs, dueAt, Date.now());
    if (turn.kind === 'hold') {
      this.at(turn.untilMs, () => this.onTurn(waiting));
      return;
    }
    const topic = turn.kind === 'attempt' ? Topics.deliveries : retryTopic(turn.delayTopic);
    const trace = this.tracer ? recordWaiting(this.tracer, record, delivery, batch.topic) : traceOf(record);
    batch.done(record.offset, [
      {
        topic,
        key: delivery.endpointId,
        value: record.value,
        headers: recordHeaders(deliverySchema, trace),
      },
    ]);
    this.forwarded.inc({ outcome: turn.kind });
    if (turn.kind === 'attempt') this.lateness.observe((Date.now() - dueAt) / 1_000);
  }

  private at(timeMs: number, act: () => void): void {
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        act();
      },
      Math.max(0, timeMs - Date.now()),
    );
    this.timers.add(timer);
  }
}
