import { type CanonicalEvent, Topics, type TraceContext, traceIds } from '@skillora/contracts';
import { KafkaMetrics, type ReceivedRecord, type RecordPlace, traceOf } from '@skillora/kafka';
import { eventAttributes, type Logger, type Span, type Tracer } from '@skillora/operability';
import { Counter, Histogram } from 'prom-client';

import type { MadeOfEvent } from './made-of-event.js';

/** How many records of the events had which outcome, and what was made of them. Those that are missing are 0. */
export interface FanOutCounts {
  readonly fannedOut?: number;
  readonly repeated?: number;
  readonly conflicting?: number;
  readonly notEvents?: number;
  readonly deliveries?: number;
  readonly filtered?: number;
}

/** What is reported of one event. */
export interface ReportedEvent {
  /** The trace context for its deliveries. */
  readonly trace: TraceContext;
  /** Ends its span and logs it, once what was made of it counts. */
  readonly end: () => void;
}

/**
 * Reports in metrics, logs and spans what is made of events. The fan-out and the units of one hop report the same, so
 * dashboards, alerts and traces do not depend on which of them is at work. A process has one of these.
 */
export class FanOutTelemetry {
  private readonly events = new Counter({
    name: 'webhook_fan_out_events_total',
    help: 'Events that were read, by outcome',
    labelNames: ['outcome'] as const,
  });
  private readonly deliveries = new Counter({
    name: 'webhook_fan_out_deliveries_total',
    help: 'Deliveries that were created',
  });
  private readonly filtered = new Counter({
    name: 'webhook_fan_out_filtered_total',
    help: 'Deliveries that were not created, because the filter of the endpoint left the event out',
  });
  private readonly delay = new Histogram({
    name: 'webhook_fan_out_delay_seconds',
    help: 'Time from the acceptance of an event to its deliveries. With ONE_HOP=true they are there when the event is matched, and each event has a sample. Otherwise they are there when their transaction is committed, and the oldest event of each transaction has one',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  });

  /** @param groupId the group that reads the events. */
  constructor(
    private readonly groupId: string,
    private readonly logger: Logger,
    private readonly tracer: Tracer,
  ) {}

  /** Begins the span of an event's deliveries, or of a part of them. @param parent the trace context of its record. */
  fannedOut(
    event: CanonicalEvent,
    parent: TraceContext,
    { deliveries, filtered, isLast }: MadeOfEvent,
    attributes: Readonly<Record<string, boolean>> = {},
  ): ReportedEvent {
    const span = this.startSpan(event, parent);
    return {
      trace: span.context,
      end: () => {
        span.end({ attributes: { 'webhook.fan_out.deliveries': deliveries.length, ...attributes } });
        if (!this.logger.isLevelEnabled('debug')) return;
        const fields = { event: event.id, deliveries: deliveries.length, filtered: filtered.length };
        const what = isLast ? 'an event was fanned out' : 'a part of an event was fanned out';
        this.logger.debug({ ...fields, ...traceIds(span.context) }, what);
      },
    };
  }

  /** Begins the span of an event that repeats another one. @param hasOtherData whether its data differ. */
  repeated(
    event: CanonicalEvent,
    record: Pick<ReceivedRecord, 'headers' | 'offset'>,
    place: RecordPlace,
    hasOtherData: boolean,
  ): ReportedEvent {
    const span = this.startSpan(event, traceOf(record));
    return {
      trace: span.context,
      end: () => {
        span.end({ attributes: { 'webhook.fan_out.repeated': true } });
        if (hasOtherData) this.warnOfConflict(event, record, place);
      },
    };
  }

  /** Counts what is committed. */
  count(counts: FanOutCounts): void {
    const {
      fannedOut = 0,
      repeated = 0,
      conflicting = 0,
      notEvents = 0,
      deliveries = 0,
      filtered = 0,
    } = counts;
    this.events.inc({ outcome: 'fanned_out' }, fannedOut);
    this.events.inc({ outcome: 'repeated' }, repeated);
    this.events.inc({ outcome: 'conflicting' }, conflicting);
    this.events.inc({ outcome: 'not_an_event' }, notEvents);
    this.deliveries.inc(deliveries);
    this.filtered.inc(filtered);
    for (let each = 0; each < notEvents; each += 1) KafkaMetrics.recordUnhandled(this.groupId, Topics.events);
  }

  /** Notes that deliveries of an event are there. @param acceptedAt when its record was written, ms since the epoch. */
  madeDeliveries(acceptedAt: number): void {
    this.delay.observe(Math.max(0, Date.now() - acceptedAt) / 1_000);
  }

  private startSpan(event: CanonicalEvent, parent: TraceContext): Span {
    return this.tracer.start('fan out', {
      role: 'consumer',
      parent,
      attributes: eventAttributes(event),
    });
  }

  private warnOfConflict(
    event: CanonicalEvent,
    record: Pick<ReceivedRecord, 'headers' | 'offset'>,
    place: RecordPlace,
  ): void {
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
