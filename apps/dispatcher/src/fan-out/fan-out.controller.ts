import { Controller, Inject } from '@nestjs/common';
import {
  type CanonicalEvent,
  canonicalEventSchema,
  isEndpointsLook,
  Topics,
  type TraceContext,
  traceIds,
} from '@skillora/contracts';
import {
  BatchHandler,
  decodeRecord,
  KafkaMetrics,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  type RecordPlace,
  traceOf,
} from '@skillora/kafka';
import { eventAttributes, LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import { Counter, Histogram } from 'prom-client';

import { LARGEST_COPIED_BYTES } from '../bodies/body-in-delivery.js';
import { SYSTEM_CLOCK } from '../clock.js';
import { schemaMismatch, unhandledRecord } from '../dead-letters.js';
import { EndpointTable } from '../endpoints/endpoint-table.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { chained } from './chained.js';
import { conflictingEvent } from './conflicting-event.js';
import { DeliveryRecords } from './delivery-records.js';
import { FanOutEngine } from './fan-out-engine.js';
import type { FanOutPartition } from './fan-out-partition.js';
import { FanOutPartitions } from './fan-out-partitions.js';
import type { FanOutTransaction, RecordOutcome } from './fan-out-transaction.js';

/** Injection token of this stage's transport. */
export const FAN_OUT = Symbol('fan-out');
export const FAN_OUT_GROUP = 'fan-out';

/**
 * The fan-out stage: hosts the {@link FanOutEngine}, writes its transactions, and reports in logs, metrics
 * and spans.
 */
@Controller()
export class FanOutController {
  private readonly engine: FanOutEngine<ReceivedRecord, FanOutPartition>;
  private readonly events = new Counter({
    name: 'webhook_fan_out_events_total',
    help: 'Events that the fan-out read, by outcome',
    labelNames: ['outcome'] as const,
  });
  private readonly deliveries = new Counter({
    name: 'webhook_fan_out_deliveries_total',
    help: 'Deliveries that the fan-out created',
  });
  private readonly filtered = new Counter({
    name: 'webhook_fan_out_filtered_total',
    help: 'Deliveries that were not created, because the filter of the endpoint left the event out',
  });
  private readonly delay = new Histogram({
    name: 'webhook_fan_out_delay_seconds',
    help: 'Time from the acceptance of an event to the commit of its deliveries; one sample for the oldest event of each transaction',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  });

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer,
    @Inject(DISPATCHER_SETTINGS) settings: DispatcherSettings,
    endpoints: EndpointTable,
    partitions: FanOutPartitions,
  ) {
    this.engine = new FanOutEngine<ReceivedRecord, FanOutPartition>({
      clock: SYSTEM_CLOCK,
      endpoints,
      partitions,
      largestCopied: settings.namesLargeBodies ? LARGEST_COPIED_BYTES : Infinity,
      eventOf: (record, partition) =>
        isEndpointsLook(record.headers)
          ? 'look'
          : decodeRecord(canonicalEventSchema, record, placeOf(partition), logger),
      write: (...args) => this.write(...args),
    });
  }

  @BatchHandler(Topics.events, FAN_OUT)
  onEvents(batch: RecordBatch): Promise<void> {
    return this.engine.take(batch.partition, batch.records, () => batch.isStale());
  }

  private async write(
    owned: FanOutPartition,
    partition: number,
    transaction: FanOutTransaction<ReceivedRecord>,
    proceed: Promise<boolean>,
  ): Promise<boolean> {
    const { entries, next, outcomes, reports } = transaction;
    const written: (() => void)[] = [];
    const place = placeOf(partition);
    const records = outcomes.map((outcome) => this.recordsOf(outcome, place, written));
    const of = (kind: RecordOutcome<never>['kind']) => records.filter((_, at) => outcomes[at]?.kind === kind);
    const outgoing = chained(
      ...of('fanned-out'),
      ...of('not-an-event'),
      reports.records(),
      ...of('repeated'),
    );
    if (!(await owned.write(outgoing, entries, next, proceed))) return false;
    for (const report of written) report();
    this.count(transaction);
    return true;
  }

  /**
   * The records of one outcome.
   * @param written receives functions to call once the transaction is committed.
   */
  private recordsOf(
    outcome: RecordOutcome<ReceivedRecord>,
    place: RecordPlace,
    written: (() => void)[],
  ): Iterable<OutgoingRecord> {
    const { record } = outcome;
    switch (outcome.kind) {
      case 'not-an-event':
        written.push(() => KafkaMetrics.recordUnhandled(FAN_OUT_GROUP, Topics.events));
        return unhandledRecord(record, place, schemaMismatch(canonicalEventSchema)).slice(0, 1);
      case 'repeated': {
        const { event, hasOtherData } = outcome;
        this.startSpan(event, record, written, { 'webhook.fan_out.repeated': true });
        if (!hasOtherData) return [];
        written.push(() => this.warnOfConflict(event, record, place));
        return [conflictingEvent(event, record, place)];
      }
      case 'fanned-out': {
        const { event, deliveries, filtered, isLast } = outcome;
        const attributes = { 'webhook.fan_out.deliveries': deliveries.length };
        const trace = this.startSpan(event, record, written, attributes);
        if (this.logger.isLevelEnabled('debug')) {
          const fields = {
            event: event.id,
            deliveries: deliveries.length,
            filtered: filtered.length,
            ...traceIds(trace),
          };
          const what = isLast ? 'an event was fanned out' : 'a part of an event was fanned out';
          written.push(() => this.logger.debug(fields, what));
        }
        return new DeliveryRecords(deliveries, trace);
      }
    }
  }

  private count({ entries, outcomes, made, filtered }: FanOutTransaction<ReceivedRecord>): void {
    const repeats = outcomes.flatMap((outcome) => (outcome.kind === 'repeated' ? [outcome] : []));
    const conflicting = repeats.filter(({ hasOtherData }) => hasOtherData).length;
    this.events.inc({ outcome: 'fanned_out' }, entries.size);
    this.events.inc({ outcome: 'repeated' }, repeats.length - conflicting);
    this.events.inc({ outcome: 'conflicting' }, conflicting);
    const foreign = outcomes.filter(({ kind }) => kind === 'not-an-event').length;
    this.events.inc({ outcome: 'not_an_event' }, foreign);
    this.deliveries.inc(made);
    this.filtered.inc(filtered);
    const oldest = outcomes[0]?.record;
    if (oldest) this.delay.observe(Math.max(0, Date.now() - oldest.timestamp) / 1_000);
  }

  /**
   * Starts the span of an event's fan-out, which ends when the transaction is committed.
   * @returns the context for the deliveries.
   */
  private startSpan(
    event: CanonicalEvent,
    record: ReceivedRecord,
    written: (() => void)[],
    attributes: Record<string, boolean | number>,
  ): TraceContext {
    const span = this.tracer.start('fan out', {
      role: 'consumer',
      parent: traceOf(record),
      attributes: eventAttributes(event),
    });
    written.push(() => span.end({ attributes }));
    return span.context;
  }

  private warnOfConflict(event: CanonicalEvent, record: ReceivedRecord, place: RecordPlace): void {
    const { id, organizationId, source, sourceId } = event;
    this.logger.warn(
      {
        ...place,
        offset: String(record.offset),
        event: id,
        organization: organizationId,
        source,
        source_id: sourceId,
        ...traceIds(traceOf(record)),
      },
      `an event was sent again with other data. The first event was delivered; this one is on ${Topics.interviewCompletionsDeadLetter}. Ask its producer to give each event its own id`,
    );
  }
}

function placeOf(partition: number): RecordPlace {
  return { topic: Topics.events, partition };
}
