import { setTimeout as delay } from 'node:timers/promises';

import {
  type CanonicalEvent,
  canonicalEventSchema,
  isEndpointsLook,
  Topics,
  type TraceContext,
} from '@skillora/contracts';
import {
  decodeRecord,
  type Instead,
  KafkaMetrics,
  type KeptUnit,
  type OffsetWindow,
  type OutgoingRecord,
  type ReceivedRecord,
  recordBytes,
  type RecordBatch,
  type UnitSurroundings,
} from '@skillora/kafka';
import { type Logger, withinTime } from '@skillora/operability';

import type { BatchedRecord } from '../batched-record.js';
import type { Clock } from '../clock.js';
import { schemaMismatch, unhandledRecord } from '../dead-letters.js';
import type { ReadDelivery } from '../deliver/deliver-ports.js';
import { DELIVER_GROUP } from '../deliver/deliver.controller.js';
import { conflictingEvent } from '../fan-out/conflicting-event.js';
import { openDelivery } from './open-delivery.js';
import type { OpenEvent } from './open-event.js';
import { beginningAnew, type TakenOver } from './takeover.js';
import { reportOfRepeat, reportsOf } from './told-reports.js';
import { UnitEngine } from './unit-engine.js';
import { type EventPlace, UNIT_DEFAULTS, type UnitPorts } from './unit-ports.js';
import type { UnitRecord } from './unit-record.js';
import { type Telemetry, UnitTelemetry } from './unit-telemetry.js';
import type { UnitTransaction } from './unit-transaction.js';

/** The right to write as one unit, and its ledger. */
export interface Ledger {
  readonly writer: string;
  readonly taken: TakenOver;
  /** Writes records and their ledger record, all or nothing. Rejects when the outcome is not known. */
  write(record: UnitRecord, outgoing: readonly OutgoingRecord[]): Promise<void>;
  /** See {@link UnitPorts.reopen}. */
  reopen(): Promise<readonly UnitRecord[] | null>;
  close(): Promise<void>;
}

/** The instance around its units. */
export interface UnitInstance {
  readonly clock: Clock;
  readonly endpoints: UnitPorts<ReceivedRecord, OutgoingRecord>['endpoints'];
  readonly holdings: UnitPorts<ReceivedRecord, OutgoingRecord>['holdings'];
  readonly backlog: UnitPorts<ReceivedRecord, OutgoingRecord>['backlog'];
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** See `UnitSettings`. */
  readonly largestCopied: number;
  /** Takes the ledger of a unit over. */
  openLedger(unit: number): Promise<Ledger>;
  /** Whether a ledger may be taken over now: no instance with two hops reads the events. */
  mayOpen(): Promise<boolean>;
  /** Queues a delivery of an open event. */
  deliver(read: ReadDelivery<BatchedRecord>): void;
  /** Open events have ended, so that any unit may take more. */
  hasRoom(): void;
  /** A unit was given up. */
  gaveUp(host: UnitHost): void;
}

/**
 * How long the endpoints may take to be read to their end, ms. The transport hands nothing else over meanwhile, and
 * a rebalance waits for it; so the events pause, and the look is taken again.
 */
const LOOK_LIMIT_MS = 5_000;
/** How often a unit's positions are written at least, ms: a fan-out reads its ledger 24 hours back. */
const RENEW_MS = 6 * 3_600_000;
/** How long the events rest when no more may be taken, unless room is made, ms. */
const NO_ROOM_MS = 100;
const IDLE_POLL_MS = 10;

type Transaction = UnitTransaction<OutgoingRecord>;

/**
 * One unit of this instance: hosts its {@link UnitEngine} between the transport, which reads the unit's partitions, and
 * the ledger, which holds their positions.
 */
export class UnitHost implements KeptUnit {
  private readonly engine: UnitEngine<ReceivedRecord, OutgoingRecord>;
  private givenUp: Promise<void> | null = null;
  private failing: number | null = null;
  private readonly telemetry: UnitTelemetry;
  /** The trace context for the deliveries that were made last. */
  private trace: TraceContext = {};
  /** The record that was decoded last. */
  private decoded: { readonly record: ReceivedRecord; readonly event: CanonicalEvent } | null = null;

  private constructor(
    readonly unit: number,
    private readonly ledger: Ledger,
    taken: TakenOver,
    private readonly surroundings: UnitSurroundings,
    private readonly instance: UnitInstance,
  ) {
    const { clock, endpoints, holdings, backlog } = instance;
    this.telemetry = new UnitTelemetry(unit, instance.telemetry);
    const settings = {
      ...UNIT_DEFAULTS,
      topic: Topics.events,
      renewMs: RENEW_MS,
      unit,
      largestCopied: instance.largestCopied,
      writer: ledger.writer,
      taken,
    };
    this.engine = new UnitEngine(settings, {
      clock,
      endpoints: {
        get: (id) => endpoints.get(id),
        subscribers: (...event) => endpoints.subscribers(...event),
        caughtUp: () => caughtUpInTime(endpoints),
      },
      holdings,
      backlog,
      eventOf: (record) => this.eventOf(record),
      made: (...made) => (this.trace = this.telemetry.made(...made)),
      deliver: (place, delivery, body) =>
        instance.deliver(openDelivery(place, delivery, body, this.trace, this)),
      recordsOf: (record, what) => this.recordsOf(record, what),
      insteadOf: (record, error) => this.putAside(record, error),
      write: (record, transaction) => this.write(record, transaction),
      reportLeftOut: (event, error) => this.reportLeftOut(event, error),
      written: (transaction) => this.written(transaction),
      reopen: async () => ((await instance.mayOpen()) ? ledger.reopen() : null),
      hasRoom: () => {
        surroundings.wrote();
        instance.hasRoom();
      },
      lost: () => surroundings.lost(),
    });
  }

  /** Takes a unit over. @param topics those of its partitions. */
  static async open(
    unit: number,
    topics: readonly string[],
    surroundings: UnitSurroundings,
    instance: UnitInstance,
  ): Promise<UnitHost> {
    const ledger = await instance.openLedger(unit);
    try {
      // Other releases may have the positions of other topics there, which are not kept up here.
      const known = new Map([...ledger.taken.positions].filter(([topic]) => topics.includes(topic)));
      const isKnown = topics.every((topic) => known.has(topic));
      const positions = isKnown ? known : new Map([...(await surroundings.committed()), ...known]);
      const taken = beginningAnew({ ...ledger.taken, positions }, surroundings.madeAnew, Topics.events);
      const host = new UnitHost(unit, ledger, taken, surroundings, instance);
      // Each record of the ledger has the positions of all topics.
      for (const topic of topics) host.window(topic);
      await host.engine.start();
      return host;
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  get isGivenUp(): boolean {
    return this.givenUp !== null;
  }

  get failingSince(): number | null {
    return this.failing;
  }

  window(topic: string): OffsetWindow {
    return this.engine.window(topic);
  }

  /** Takes events, as far as there is room for them. */
  async take(batch: RecordBatch): Promise<void> {
    const next = batch.records[await this.engine.take(batch.records)];
    if (next) batch.pauseAt(next.offset, NO_ROOM_MS);
  }

  ended(place: EventPlace, records: readonly OutgoingRecord[], instead: Instead<OutgoingRecord>): void {
    this.engine.ended(place, records, bytesOf(records), instead);
  }

  done(
    topic: string,
    offset: bigint,
    records: readonly OutgoingRecord[],
    instead?: Instead<OutgoingRecord>,
  ): void {
    this.engine.done(topic, offset, records, bytesOf(records), instead);
  }

  putAside(record: ReceivedRecord, error: unknown): readonly OutgoingRecord[] {
    KafkaMetrics.recordUnhandled(DELIVER_GROUP, Topics.events);
    this.instance.logger.error(
      { err: error, ...this.place, offset: String(record.offset) },
      'what became of a record could not be written. It goes to a dead-letter topic, and the records behind it are processed. Report the error, and see RecordsUnhandled in docs/operations.md',
    );
    return unhandledRecord(record, this.place, error);
  }

  /** There may be room: what waits can be matched, and events can be taken again. */
  resume(): void {
    this.engine.matchMore();
    this.surroundings.resume(Topics.events);
  }

  async flush(): Promise<void> {
    while (!this.engine.isIdle && !this.isGivenUp) {
      // What is written may make more to write: an event's next endpoints.
      this.engine.flushNow();
      await delay(IDLE_POLL_MS, undefined, { ref: false });
    }
  }

  giveUp(): Promise<void> {
    if (this.givenUp === null) {
      this.givenUp = this.ledger.close();
      this.engine.stop();
      this.instance.gaveUp(this);
    }
    return this.givenUp;
  }

  private get place() {
    return { topic: Topics.events, partition: this.unit };
  }

  private eventOf(record: ReceivedRecord): CanonicalEvent | 'look' | null {
    if (isEndpointsLook(record.headers)) return 'look';
    const event = decodeRecord(canonicalEventSchema, record, this.place, this.instance.logger);
    if (!event) return null;
    this.decoded = { record, event };
    this.telemetry.took(record);
    return event;
  }

  private recordsOf(
    record: ReceivedRecord,
    what: 'repeated' | 'conflicting' | 'not-an-event',
  ): readonly OutgoingRecord[] {
    if (what === 'not-an-event' || this.decoded?.record !== record) {
      this.telemetry.notAnEvent(record);
      return unhandledRecord(record, this.place, schemaMismatch(canonicalEventSchema)).slice(0, 1);
    }
    const { event } = this.decoded;
    this.telemetry.repeated(event, record, what === 'conflicting');
    const report = reportOfRepeat(event, this.instance.clock.now());
    return what === 'repeated' ? report : [...report, conflictingEvent(event, record, this.place)];
  }

  private async write(record: UnitRecord, { outcomes, told }: Transaction): Promise<void> {
    const records = [...outcomes.flatMap(({ writes }) => writes), ...reportsOf(told)];
    try {
      await this.ledger.write(record, records);
    } catch (error) {
      this.failing ??= Date.now();
      this.instance.logger.warn(
        { err: error, partition: this.unit, outcomes: outcomes.length },
        'outcomes could not be written to Kafka. Those that are not in Kafka are written again. If this repeats, check the brokers',
      );
      throw error;
    }
  }

  private reportLeftOut({ offset, event: { id, organizationId } }: OpenEvent, error: unknown): void {
    KafkaMetrics.recordUnhandled(DELIVER_GROUP, Topics.events);
    this.instance.logger.error(
      { err: error, ...this.place, offset: String(offset), event: id, organization: organizationId },
      `Kafka refuses the report of an event for good. Its deliveries go on without it: the audit shows each once it has a result, and the reconciliation lists the event as not fanned out. Recover it only once they have ended. Check max.message.bytes of ${Topics.fanOuts}, report the error, and see RecordsUnhandled in docs/operations.md`,
    );
  }

  /** Also of a transaction that was written though its {@link write} has failed. */
  private written(transaction: Transaction): void {
    this.failing = null;
    this.telemetry.written(transaction);
  }
}

function bytesOf(records: readonly OutgoingRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytes(record), 0);
}

async function caughtUpInTime(endpoints: UnitInstance['endpoints']): Promise<void> {
  if ((await withinTime(endpoints.caughtUp(), LOOK_LIMIT_MS)) === 'late')
    throw new Error('the endpoints could not be read to their end in time');
}
