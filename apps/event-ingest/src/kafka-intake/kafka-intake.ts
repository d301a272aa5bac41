import { Controller, Inject } from '@nestjs/common';
import { soundTrace, Topics, traceIds } from '@skillora/contracts';
import {
  BatchHandler,
  KafkaMetrics,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  RecordFault,
  RecordProducer,
  traceOf,
} from '@skillora/kafka';
import {
  eventAttributes,
  LOGGER,
  type Logger,
  type SpanAttributes,
  TRACER,
  type Tracer,
} from '@skillora/operability';
import { namingWhole } from '@skillora/validation';

import { eventRecord } from '../canonical/event-record.js';
import { eventTrace } from '../canonical/event-trace.js';
import { IntakeMetrics } from '../intake-metrics.js';
import { UnacceptableException } from '../unacceptable.js';
import { refusedRecord, unhandledRecord } from './dead-letter.js';
import { mapInTurns } from '../in-turns.js';
import { readRecord } from './read-record.js';

/** Injection token of this stage's transport. */
export const KAFKA_INTAKE = Symbol('kafka-intake');
export const KAFKA_INTAKE_GROUP = 'event-ingest';

/**
 * The Kafka intake: each record of the public topic becomes an event or a dead letter before its offset is
 * committed.
 */
@Controller()
export class KafkaIntake {
  /** Reads a record. Only a test that needs a fault in our code sets another function. */
  read: typeof readRecord = readRecord;
  /** Whether this instance has read any record since its start, to accept or to refuse it. */
  private copes = false;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer,
    private readonly producer: RecordProducer,
    private readonly metrics: IntakeMetrics,
  ) {}

  /**
   * @throws {RecordFault} when our code fails on records and has not read any other. Then this release may be
   * the cause, and the transport tries again slowly. If other records can be read, a record on which our code
   * fails becomes a dead letter at once (docs/decisions/09).
   */
  @BatchHandler(Topics.interviewCompletions, KAFKA_INTAKE)
  async onRecords(batch: RecordBatch): Promise<void> {
    const now = new Date();
    const taken = await mapInTurns(batch.records, (record) => this.take(record, batch, now));
    this.copes ||= taken.some(({ fault }) => fault === undefined);
    const fault = taken.find((each) => each.fault !== undefined)?.fault;
    if (fault !== undefined && !this.copes) throw fault;
    await this.producer.send(taken.map(({ outgoing }) => outgoing));
    for (const { stored } of taken) this.tell(stored);
  }

  private take(record: ReceivedRecord, batch: RecordBatch, now: Date): Taken {
    const startedAt = Date.now();
    try {
      return this.accept(record, batch, now, startedAt);
    } catch (error) {
      return error instanceof UnacceptableException
        ? this.refuse(record, batch, error, startedAt)
        : this.putAside(record, batch, error);
    }
  }

  private accept(record: ReceivedRecord, batch: RecordBatch, now: Date, startedAt: number): Taken {
    const { event, origin } = this.read(record, now);
    const span = this.tracer.start('accept event', {
      role: 'consumer',
      ...eventTrace(traceOf(record), origin),
      startedAt,
      attributes: { ...eventAttributes(event), ...placeAttributes(record, batch) },
    });
    const trace = span.context;
    return {
      outgoing: eventRecord(event, trace, { ...batch, offset: record.offset }),
      stored: () => {
        this.metrics.accepted('kafka', event.eventType);
        span.end();
        if (!this.logger.isLevelEnabled('debug')) return;
        this.logger.debug({ event: event.id, ...traceIds(trace) }, 'an event was accepted');
      },
    };
  }

  private refuse(
    record: ReceivedRecord,
    batch: RecordBatch,
    refusal: UnacceptableException,
    startedAt: number,
  ): Taken {
    const { topic, partition } = batch;
    const trace = soundTrace(traceOf(record));
    const span = this.tracer.start('refuse event', {
      role: 'consumer',
      parent: trace,
      startedAt,
      attributes: placeAttributes(record, batch),
    });
    const { reason, problems } = refusal;
    return {
      outgoing: refusedRecord(record, { topic, partition }, refusal),
      stored: () => {
        this.metrics.refused('kafka', reason);
        span.end({ error: reason });
        this.logger.warn(
          {
            topic,
            partition,
            offset: String(record.offset),
            reason,
            problems: namingWhole(problems, 'event'),
            ...traceIds(trace),
          },
          `an event was not accepted. The record is on ${Topics.interviewCompletionsDeadLetter}, byte for byte. Ask its producer to correct the problems and send the event again`,
        );
      },
    };
  }

  /** For a fault in our code. Trying again would not help: reading a record depends on nothing else. */
  private putAside(record: ReceivedRecord, { topic, partition }: RecordBatch, error: unknown): Taken {
    const offset = String(record.offset);
    const fault = new RecordFault(`the record at offset ${offset} could not be read`, error);
    const [whole] = unhandledRecord(record, { topic, partition }, fault);
    if (!whole) throw fault;
    return {
      outgoing: whole,
      fault,
      stored: () => {
        KafkaMetrics.recordUnhandled(KAFKA_INTAKE_GROUP, topic);
        this.logger.error(
          { err: error, topic, partition, offset },
          `a record could not be read because of a fault in our code. The record is on ${Topics.interviewCompletionsDeadLetter}, byte for byte. Report the error, and see RecordsUnhandled in docs/operations.md`,
        );
      },
    };
  }

  /** Kafka has the records, so an error from here on must not make the batch be read again. */
  private tell(stored: () => void): void {
    try {
      stored();
    } catch (error) {
      this.logger.error(
        { err: error },
        'the metrics or the log line of a record failed after the record was stored. The event itself is safe. Report the error',
      );
    }
  }
}

/** What happens to a record. */
interface Taken {
  readonly outgoing: OutgoingRecord;
  /** Set if our code failed on it. */
  readonly fault?: RecordFault;
  /** Called once Kafka has the outgoing record. */
  readonly stored: () => void;
}

/** The position of a record, with the names of OpenTelemetry's conventions for Kafka. */
function placeAttributes({ offset }: ReceivedRecord, { topic, partition }: RecordBatch): SpanAttributes {
  return {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': Number(offset),
  };
}
