import { Controller, Inject } from '@nestjs/common';
import { soundTrace, Topics, traceIds } from '@skillora/contracts';
import {
  BatchHandler,
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

import { eventRecord } from '../canonical/event-record.js';
import { provenanceOf } from '../canonical/provenance.js';
import { IntakeMetrics } from '../intake-metrics.js';
import { Unacceptable } from '../unacceptable.js';
import { refusedRecord } from './dead-letter.js';
import { readRecord } from './read-record.js';

/** Names the transport of this stage. */
export const KAFKA_INTAKE = Symbol('kafka-intake');
export const KAFKA_INTAKE_GROUP = 'event-ingest';

/** The public topic: each record becomes an event or a dead letter before its offset is committed. */
@Controller()
export class KafkaIntake {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACER) private readonly tracer: Tracer | null,
    private readonly producer: RecordProducer,
    private readonly metrics: IntakeMetrics,
  ) {}

  @BatchHandler(Topics.interviewCompletions, KAFKA_INTAKE)
  async onRecords(batch: RecordBatch): Promise<void> {
    const now = new Date();
    const taken = batch.records.map((record) => this.take(record, batch, now));
    await this.producer.send(taken.map(({ outgoing }) => outgoing));
    for (const { stored } of taken) stored();
  }

  private take(record: ReceivedRecord, batch: RecordBatch, now: Date): Taken {
    const startedAt = Date.now();
    try {
      const { event, origin } = readRecord(record, now);
      const provenance = provenanceOf(traceOf(record), origin);
      const span = this.tracer?.start('accept event', {
        role: 'consumer',
        ...provenance,
        startedAt,
        attributes: { ...eventAttributes(event), ...placeAttributes(record, batch) },
      });
      const trace = span?.context ?? provenance.parent;
      return {
        outgoing: eventRecord(event, trace, { ...batch, offset: record.offset }),
        stored: () => {
          this.metrics.accepted('kafka', event.eventType);
          span?.end();
          if (!this.logger.isLevelEnabled('debug')) return;
          this.logger.debug({ event: event.id, ...traceIds(trace) }, 'an event was accepted');
        },
      };
    } catch (error) {
      // Whatever it is: the same record would bring it about again.
      if (!(error instanceof Unacceptable))
        throw new RecordFault(`the record at offset ${record.offset} could not be read`, error);
      const { topic, partition } = batch;
      const trace = soundTrace(traceOf(record));
      const span = this.tracer?.start('refuse event', {
        role: 'consumer',
        parent: trace,
        startedAt,
        attributes: placeAttributes(record, batch),
      });
      const { reason, problems } = error;
      return {
        outgoing: refusedRecord(record, { topic, partition }, error),
        stored: () => {
          this.metrics.refused('kafka', reason);
          span?.end({ error: reason });
          this.logger.warn(
            { topic, partition, offset: String(record.offset), reason, problems, ...traceIds(trace) },
            `not accepted; it is on ${Topics.interviewCompletionsDeadLetter} as it came. Its producer must mend and send it again`,
          );
        },
      };
    }
  }
}

/** What becomes of a record. */
interface Taken {
  readonly outgoing: OutgoingRecord;
  /** To be called once Kafka has it. */
  readonly stored: () => void;
}

/** Where a record stood, by the names of OpenTelemetry's conventions for Kafka. */
function placeAttributes({ offset }: ReceivedRecord, { topic, partition }: RecordBatch): SpanAttributes {
  return {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': Number(offset),
  };
}
