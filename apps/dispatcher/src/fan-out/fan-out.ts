import { Controller, Inject } from '@nestjs/common';
import { type CanonicalEvent, canonicalEventSchema, Topics, traceIds } from '@skillora/contracts';
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

import { foreign, unhandledRecord } from '../dead-letters.js';
import { EndpointTable } from '../endpoints/endpoint-table.js';
import { DeliveryRecords } from './delivery-records.js';
import { fanOutEvent } from './fan-out-event.js';
import { chained } from './fan-out-lane.js';
import { FanOutLanes } from './fan-out-lanes.js';
import { FanOutReports } from './fan-out-reports.js';
import { conflictingEvent } from './conflicting-event.js';
import { dataDigest, type Ledger, ledgerEntry } from './ledger.js';

/** Names the transport of this stage. */
export const FAN_OUT = Symbol('fan-out');
export const FAN_OUT_GROUP = 'fan-out';

/** So many events go into one transaction; its cost is shared by them. */
const EVENTS_PER_TRANSACTION = 500;
/**
 * The time of a transaction is bounded by these, but for one event with more: all its deliveries are in one, so that all
 * count or none. They are made as they are sent, which bounds the memory.
 */
const DELIVERIES_PER_TRANSACTION = 5_000;
const BYTES_PER_TRANSACTION = 8 * 1_024 * 1_024;

/** What goes into one transaction. */
interface Matched {
  readonly deliveries: readonly DeliveryRecords[];
  /** How many these are. */
  readonly made: number;
  /** Dead letters of records that are no events. */
  readonly unhandled: readonly OutgoingRecord[];
  /** What it says of itself for the audit. */
  readonly reports: readonly OutgoingRecord[];
  /** Repeats with other data, for the dead-letter topic. */
  readonly conflicting: readonly OutgoingRecord[];
  readonly entries: ReadonlyMap<string, number>;
  /** How many records it deals with, and of these how many were fanned out before, the conflicting ones included. */
  readonly taken: number;
  readonly repeated: number;
  readonly nextOffset: bigint;
  /** To be called once it is written. */
  readonly written: readonly (() => void)[];
}

/** Events in, deliveries out: each event once, to every endpoint that was subscribed when the event was accepted. */
@Controller()
export class FanOut {
  private readonly events = new Counter({
    name: 'webhook_fan_out_events_total',
    help: 'Events read by the fan-out, by what became of them',
    labelNames: ['outcome'] as const,
  });
  private readonly deliveries = new Counter({
    name: 'webhook_fan_out_deliveries_total',
    help: 'Deliveries made by the fan-out',
  });
  private readonly delay = new Histogram({
    name: 'webhook_fan_out_delay_seconds',
    help: 'From the acceptance of an event to its deliveries; of each transaction the oldest event',
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
    // Whoever was told that an endpoint is registered before an event was accepted counts on it. To look takes as long
    // as to write, so both go on at once: what was matched against an older table is withdrawn and matched again.
    const upToDate = this.endpoints.caughtUp().then(() => this.endpoints.revision);
    upToDate.catch(() => undefined);
    for (let at = 0; at < records.length && !batch.isStale();) {
      at += await this.fanOut(partition, records.slice(at), upToDate);
    }
  }

  /**
   * Fans out the first of the records in one transaction.
   * @param upToDate the revision that the table must have had at least.
   * @returns how many; 0 when they were matched too early.
   */
  private async fanOut(
    partition: number,
    records: readonly ReceivedRecord[],
    upToDate: Promise<number>,
  ): Promise<number> {
    const opening = this.lanes.of(partition);
    const lane = await opening;
    const { revision } = this.endpoints;
    const matched = this.match(lane.ledger, partition, records);
    const {
      deliveries,
      made,
      unhandled,
      reports,
      conflicting,
      entries,
      taken,
      repeated,
      nextOffset,
      written,
    } = matched;
    try {
      const proceed = upToDate.then((needed) => revision >= needed);
      const outgoing = chained(...deliveries, unhandled, reports, conflicting);
      if (!(await lane.write(outgoing, entries, nextOffset, proceed))) return 0;
    } catch (error) {
      await this.lanes.close(partition, opening);
      throw error;
    }
    for (const tell of written) tell();
    this.events.inc({ outcome: 'fanned_out' }, entries.size);
    this.events.inc({ outcome: 'repeated' }, repeated - conflicting.length);
    this.events.inc({ outcome: 'conflicting' }, conflicting.length);
    this.events.inc({ outcome: 'not_an_event' }, taken - entries.size - repeated);
    this.deliveries.inc(made);
    const [oldest] = records;
    if (oldest) this.delay.observe(Math.max(0, Date.now() - oldest.timestamp) / 1_000);
    return taken;
  }

  /** The deliveries of as many of the records as one transaction takes, as the table stands. */
  private match(ledger: Ledger, partition: number, records: readonly ReceivedRecord[]): Matched {
    const now = new Date();
    const entries = new Map<string, number>();
    const deliveries: DeliveryRecords[] = [];
    const conflicting: OutgoingRecord[] = [];
    const unhandled: OutgoingRecord[] = [];
    const reports = new FanOutReports(now);
    const written: (() => void)[] = [];
    let [made, bytes, taken, repeated] = [0, 0, 0, 0];
    let nextOffset = 0n;
    for (const record of records) {
      if (taken === EVENTS_PER_TRANSACTION || made >= DELIVERIES_PER_TRANSACTION) break;
      if (bytes >= BYTES_PER_TRANSACTION) break;
      taken += 1;
      nextOffset = record.offset + 1n;
      const place = { topic: Topics.events, partition };
      const event = decodeRecord(canonicalEventSchema, record, place, this.logger);
      if (!event) {
        unhandled.push(...unhandledRecord(record, place, foreign(canonicalEventSchema)).slice(0, 1));
        written.push(() => KafkaMetrics.recordUnhandled(FAN_OUT_GROUP, Topics.events));
        continue;
      }
      const span = this.tracer?.start('fan out', {
        role: 'consumer',
        parent: traceOf(record),
        attributes: eventAttributes(event),
      });
      const entry = ledgerEntry(event);
      const digest = dataDigest(event);
      const former = entries.get(entry);
      if (former !== undefined || ledger.has(entry)) {
        repeated += 1;
        reports.add(event, []);
        if (former === undefined ? ledger.hasOtherData(entry, digest) : former !== digest) {
          conflicting.push(conflictingEvent(event, record, place));
          written.push(() => this.warnOfConflict(event, record, place));
        }
        if (span) written.push(() => span.end({ attributes: { 'webhook.fan_out.repeated': true } }));
        continue;
      }
      entries.set(entry, digest);
      const all = fanOutEvent(event, this.endpoints, now);
      reports.add(event, all);
      if (span) written.push(() => span.end({ attributes: { 'webhook.fan_out.deliveries': all.length } }));
      const trace = span?.context ?? traceOf(record);
      if (this.logger.isLevelEnabled('debug')) {
        const told = { event: event.id, deliveries: all.length, ...traceIds(trace) };
        written.push(() => this.logger.debug(told, 'an event was fanned out'));
      }
      const records = new DeliveryRecords(all, trace);
      deliveries.push(records);
      made += records.count;
      bytes += records.bytes;
    }
    return {
      deliveries,
      made,
      unhandled,
      reports: reports.records(),
      conflicting,
      entries,
      taken,
      repeated,
      nextOffset,
      written,
    };
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
      `an event was sent again with other data; the first one counts, this one is on ${Topics.interviewCompletionsDeadLetter}. Its producer must give each event an id of its own`,
    );
  }
}
