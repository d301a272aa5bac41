import { Controller, Inject } from '@nestjs/common';
import {
  type CanonicalEvent,
  canonicalEventSchema,
  Topics,
  type TraceContext,
  traceIds,
} from '@skillora/contracts';
import {
  BatchHandler,
  decodeRecord,
  KafkaMetrics,
  type ReceivedRecord,
  type RecordBatch,
  type RecordPlace,
  traceOf,
} from '@skillora/kafka';
import { eventAttributes, LOGGER, type Logger, TRACER, type Tracer } from '@skillora/operability';
import { Counter, Histogram } from 'prom-client';

import { foreign, unhandledRecord } from '../dead-letters.js';
import { EndpointTable } from '../endpoints/endpoint-table.js';
import { conflictingEvent } from './conflicting-event.js';
import { deliveriesTo, matchEndpoints } from './fan-out-event.js';
import type { FanOutLane } from './fan-out-lane.js';
import { FanOutLanes } from './fan-out-lanes.js';
import { nextPart } from './fan-out-part.js';
import { FanOutTransaction } from './fan-out-transaction.js';
import { dataDigest, ledgerEntry } from './ledger.js';

/** Injection token of this stage's transport. */
export const FAN_OUT = Symbol('fan-out');
export const FAN_OUT_GROUP = 'fan-out';

/**
 * The fan-out stage: reads events and writes deliveries, once for each event, to every endpoint that was
 * subscribed when the event was accepted.
 */
@Controller()
export class FanOut {
  private readonly events = new Counter({
    name: 'webhook_fan_out_events_total',
    help: 'Events that the fan-out read, by outcome',
    labelNames: ['outcome'] as const,
  });
  private readonly deliveries = new Counter({
    name: 'webhook_fan_out_deliveries_total',
    help: 'Deliveries that the fan-out created',
  });
  private readonly delay = new Histogram({
    name: 'webhook_fan_out_delay_seconds',
    help: 'Time from the acceptance of an event to the commit of its deliveries; one sample for the oldest event of each transaction',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  });

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer | null,
    private readonly endpoints: EndpointTable,
    private readonly lanes: FanOutLanes,
  ) {}

  @BatchHandler(Topics.events, FAN_OUT)
  async onEvents(batch: RecordBatch): Promise<void> {
    const { partition, records } = batch;
    // The API has promised each customer that an endpoint counts for events accepted after its answer, so the
    // table must be up to date. Checking this takes as long as writing, so both run at once. Events that were
    // matched with an older table are withdrawn and matched again.
    const upToDate = this.endpoints.caughtUp().then(() => this.endpoints.revision);
    upToDate.catch(() => undefined);
    for (let at = 0; at < records.length && !batch.isStale();) {
      at += await this.fanOut(partition, records.slice(at), upToDate);
    }
  }

  /**
   * Fans out the first records in one transaction.
   * @param upToDate the revision that the table must have had at least.
   * @returns how many records were finished; 0 when they were matched too early, or when only a part of the
   * first was written.
   */
  private async fanOut(
    partition: number,
    records: readonly ReceivedRecord[],
    upToDate: Promise<number>,
  ): Promise<number> {
    const opening = this.lanes.of(partition);
    const lane = await opening;
    const { revision } = this.endpoints;
    const transaction = this.match(lane, partition, records);
    const { entries, conflicting, taken, repeated, made } = transaction;
    try {
      const proceed = upToDate.then((needed) => revision >= needed);
      if (!(await lane.write(transaction.outgoing(), entries, transaction.next, proceed))) return 0;
    } catch (error) {
      await this.lanes.close(partition, opening);
      throw error;
    }
    for (const tell of transaction.written) tell();
    this.events.inc({ outcome: 'fanned_out' }, entries.size);
    this.events.inc({ outcome: 'repeated' }, repeated - conflicting.length);
    this.events.inc({ outcome: 'conflicting' }, conflicting.length);
    this.events.inc({ outcome: 'not_an_event' }, taken - entries.size - repeated);
    this.deliveries.inc(made);
    const [oldest] = records;
    if (oldest) this.delay.observe(Math.max(0, Date.now() - oldest.timestamp) / 1_000);
    return taken;
  }

  /** Builds a transaction from as many records as it takes, with the table of endpoints as it is now. */
  private match(lane: FanOutLane, partition: number, records: readonly ReceivedRecord[]): FanOutTransaction {
    const transaction = new FanOutTransaction();
    for (const record of records) {
      if (transaction.isFull || !this.take(transaction, lane, partition, record)) break;
      transaction.taken += 1;
      transaction.next = record.offset + 1n;
    }
    return transaction;
  }

  /**
   * Adds a record to the transaction.
   * @returns whether the transaction holds everything that the record needs.
   */
  private take(
    transaction: FanOutTransaction,
    lane: FanOutLane,
    partition: number,
    record: ReceivedRecord,
  ): boolean {
    const place = { topic: Topics.events, partition };
    const event = decodeRecord(canonicalEventSchema, record, place, this.logger);
    if (!event) {
      const [deadLetter] = unhandledRecord(record, place, foreign(canonicalEventSchema));
      if (deadLetter) transaction.unhandled.push(deadLetter);
      transaction.written.push(() => KafkaMetrics.recordUnhandled(FAN_OUT_GROUP, Topics.events));
      return true;
    }
    const entry = ledgerEntry(event);
    const digest = dataDigest(event);
    if (transaction.knows(entry, lane.ledger)) {
      transaction.repeat(event);
      this.startSpan(event, record, transaction, { 'webhook.fan_out.repeated': true });
      if (transaction.hasOtherData(entry, digest, lane.ledger)) {
        transaction.conflicting.push(conflictingEvent(event, record, place));
        transaction.written.push(() => this.warnOfConflict(event, record, place));
      }
      return true;
    }
    const progress = lane.progressAt(record.offset);
    const matched = matchEndpoints(event, this.endpoints);
    const part = nextPart(matched, progress?.lastEndpointId ?? null, transaction.roomFor(event));
    // An event that does not fit begins its own transaction.
    if (!part.isLast && transaction.taken > 0) return false;
    const deliveries = deliveriesTo(event, part.endpoints, transaction.now);
    const trace = this.startSpan(event, record, transaction, {
      'webhook.fan_out.deliveries': deliveries.length,
    });
    const parts = transaction.add(event, deliveries, trace, progress?.parts ?? 0);
    if (this.logger.isLevelEnabled('debug')) {
      const told = { event: event.id, deliveries: deliveries.length, ...traceIds(trace) };
      const what = part.isLast ? 'an event was fanned out' : 'a part of an event was fanned out';
      transaction.written.push(() => this.logger.debug(told, what));
    }
    const last = part.endpoints.at(-1);
    if (part.isLast || !last) {
      transaction.entries.set(entry, digest);
      return true;
    }
    transaction.next = { offset: record.offset, parts, lastEndpointId: last.id };
    return false;
  }

  /**
   * Starts the span of an event's fan-out, which ends when the transaction is committed.
   * @returns the context for the deliveries.
   */
  private startSpan(
    event: CanonicalEvent,
    record: ReceivedRecord,
    { written }: FanOutTransaction,
    attributes: Record<string, boolean | number>,
  ): TraceContext {
    const span = this.tracer?.start('fan out', {
      role: 'consumer',
      parent: traceOf(record),
      attributes: eventAttributes(event),
    });
    if (span) written.push(() => span.end({ attributes }));
    return span?.context ?? traceOf(record);
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
