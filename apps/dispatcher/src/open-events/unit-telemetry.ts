import { type CanonicalEvent, Topics, type TraceContext } from '@skillora/contracts';
import { type ReceivedRecord, type RecordPlace, traceOf } from '@skillora/kafka';

import type { FanOutTelemetry } from '../fan-out/fan-out-telemetry.js';
import type { MadeOfEvent } from '../fan-out/made-of-event.js';
import type { OpenEvent } from './open-event.js';
import type { UnitTransaction } from './unit-transaction.js';

/** What a unit needs to report. */
export type Telemetry = Pick<FanOutTelemetry, 'fannedOut' | 'repeated' | 'count' | 'madeDeliveries'>;

/** What is reported of a record once it is written that nothing is delivered of it. */
interface Passed {
  readonly counted: 'repeated' | 'conflicting' | 'notEvents';
  readonly end: () => void;
}

/** Reports what one unit makes of its events, as {@link FanOutTelemetry} does for all. */
export class UnitTelemetry {
  private readonly place: RecordPlace;
  /** The events that are taken and not closed, by offset. */
  private readonly read = new Map<bigint, { readonly trace: TraceContext; readonly acceptedAt: number }>();
  /** What waits to be passed over, by offset. */
  private readonly passed = new Map<bigint, Passed>();

  constructor(
    unit: number,
    private readonly telemetry: Telemetry,
  ) {
    this.place = { topic: Topics.events, partition: unit };
  }

  /** An event was read. */
  took(record: ReceivedRecord): void {
    this.read.set(record.offset, { trace: traceOf(record), acceptedAt: record.timestamp });
  }

  /**
   * Deliveries of an event were made.
   * @param isTakenOver whether a former owner has matched them: then that owner has counted the time until they were there.
   * @returns the trace context for them.
   */
  made({ offset, event, matched }: OpenEvent, made: MadeOfEvent, isTakenOver: boolean): TraceContext {
    const { trace = {}, acceptedAt = Date.now() } = this.read.get(offset) ?? {};
    const attributes = isTakenOver ? { 'webhook.fan_out.taken_over': true } : {};
    const reported = this.telemetry.fannedOut(event, trace, made, attributes);
    reported.end();
    if (!isTakenOver && matched.slices === 1) this.telemetry.madeDeliveries(acceptedAt);
    return reported.trace;
  }

  /** An event that repeats another one was read. */
  repeated(event: CanonicalEvent, record: ReceivedRecord, hasOtherData: boolean): void {
    const { end } = this.telemetry.repeated(event, record, this.place, hasOtherData);
    this.passed.set(record.offset, { counted: hasOtherData ? 'conflicting' : 'repeated', end });
  }

  /** A record was read that is not an event. */
  notAnEvent({ offset }: ReceivedRecord): void {
    this.passed.set(offset, { counted: 'notEvents', end: () => undefined });
  }

  /** A transaction is written. */
  written({ outcomes, told, closed }: UnitTransaction<unknown>): void {
    const counts = { repeated: 0, conflicting: 0, notEvents: 0, fannedOut: 0, deliveries: 0, filtered: 0 };
    for (const { slice } of told) {
      counts.fannedOut += slice.isLast ? 1 : 0;
      counts.deliveries += slice.endpointIds.length;
      counts.filtered += slice.filteredIds.length;
    }
    for (const outcome of outcomes) {
      if (outcome.kind !== 'passed') continue;
      const passed = this.passed.get(outcome.offset);
      if (passed) counts[passed.counted] += 1;
      passed?.end();
      this.passed.delete(outcome.offset);
      this.read.delete(outcome.offset);
    }
    for (const { offset } of closed) this.read.delete(offset);
    this.telemetry.count(counts);
  }
}
