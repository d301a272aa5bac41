import { Controller, Inject, type OnModuleDestroy } from '@nestjs/common';
import { type Delivery, deliverySchema, recordHeaders, retryTopic, Topics } from '@skillora/contracts';
import { BatchHandler, decodeRecord, type ReceivedRecord, type RecordBatch, traceOf } from '@skillora/kafka';
import { LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import { Counter, Histogram } from 'prom-client';

import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { ManualRetries } from './manual-retries.js';
import { takeTurn, turnAt } from './retry-turn.js';
import { recordWaiting } from './waiting-span.js';

/** Names the transport of this stage. */
export const RETRY = Symbol('retry');
export const RETRY_GROUP = 'retry';
/** Stands for all delay topics of the schedule; the transport is given their names. */
export const RETRY_TOPICS = 'webhook.retries';

/**
 * Failed deliveries wait here, in Kafka, until they are due, and then go back to the deliveries to attempt, in the
 * transaction that says they wait no longer.
 */
@Controller()
export class Retry implements OnModuleDestroy {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly forwarded = new Counter({
    name: 'webhook_retries_due_total',
    help: 'Waiting deliveries whose turn came, by what became of them',
    labelNames: ['outcome'] as const,
  });
  private readonly lateness = new Histogram({
    name: 'webhook_retry_lateness_seconds',
    help: 'How long after they were due retries were sent back to be attempted',
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
    for (const record of batch.records) {
      const delivery = decodeRecord(deliverySchema, record, batch, this.logger);
      if (!delivery) {
        batch.done(record.offset);
        continue;
      }
      const dueAt = Date.parse(delivery.dueAt);
      const turn = turnAt(this.settings.retryDelaysMs, delayTopic, record.timestamp, dueAt);
      this.at(turn, () => this.onTurn(batch, record, delivery, dueAt));
    }
    return Promise.resolve();
  }

  /** What waits stays in its topic; the next owner takes it up. */
  onModuleDestroy(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private onTurn(batch: RecordBatch, record: ReceivedRecord, delivery: Delivery, dueAt: number): void {
    if (batch.isStale()) return;
    if (this.manualRetries.supersedes(delivery)) {
      this.forwarded.inc({ outcome: 'superseded' });
      batch.done(record.offset);
      return;
    }
    const turn = takeTurn(this.settings.retryDelaysMs, dueAt, Date.now());
    if (turn.kind === 'hold') {
      this.at(turn.untilMs, () => this.onTurn(batch, record, delivery, dueAt));
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
