import { Controller, Inject } from '@nestjs/common';
import { canonicalEventSchema, isEndpointsLook, Topics } from '@skillora/contracts';
import {
  BatchHandler,
  decodeRecord,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  type RecordPlace,
  traceOf,
} from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';

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
import { FanOutTelemetry } from './fan-out-telemetry.js';
import type { FanOutTransaction, RecordOutcome } from './fan-out-transaction.js';

/** Injection token of this stage's transport. */
export const FAN_OUT = Symbol('fan-out');
export const FAN_OUT_GROUP = 'fan-out';

/** The fan-out stage: hosts the {@link FanOutEngine}, writes its transactions, and reports what it has made. */
@Controller()
export class FanOutController {
  private readonly engine: FanOutEngine<ReceivedRecord, FanOutPartition>;

  constructor(
    @Inject(LOGGER) logger: Logger,
    private readonly telemetry: FanOutTelemetry,
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
        return unhandledRecord(record, place, schemaMismatch(canonicalEventSchema)).slice(0, 1);
      case 'repeated': {
        const { event, hasOtherData } = outcome;
        written.push(this.telemetry.repeated(event, record, place, hasOtherData).end);
        return hasOtherData ? [conflictingEvent(event, record, place)] : [];
      }
      case 'fanned-out': {
        const { event, deliveries } = outcome;
        const { trace, end } = this.telemetry.fannedOut(event, traceOf(record), outcome);
        written.push(end);
        return new DeliveryRecords(deliveries, trace);
      }
    }
  }

  private count({ entries, outcomes, made, filtered }: FanOutTransaction<ReceivedRecord>): void {
    const repeats = outcomes.flatMap((outcome) => (outcome.kind === 'repeated' ? [outcome] : []));
    const conflicting = repeats.filter(({ hasOtherData }) => hasOtherData).length;
    this.telemetry.count({
      fannedOut: entries.size,
      repeated: repeats.length - conflicting,
      conflicting,
      notEvents: outcomes.filter(({ kind }) => kind === 'not-an-event').length,
      deliveries: made,
      filtered,
    });
    const oldest = outcomes[0]?.record;
    if (oldest) this.telemetry.madeDeliveries(oldest.timestamp);
  }
}

function placeOf(partition: number): RecordPlace {
  return { topic: Topics.events, partition };
}
