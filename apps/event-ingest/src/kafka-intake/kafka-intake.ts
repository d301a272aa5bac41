import { Controller, Inject } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import {
  BatchHandler,
  type OutgoingRecord,
  type ReceivedRecord,
  type RecordBatch,
  RecordProducer,
  traceOf,
} from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';

import { eventRecord } from '../canonical/event-record.js';
import { IntakeMetrics } from '../intake-metrics.js';
import { Unacceptable } from '../unacceptable.js';
import { deadLetter } from './dead-letter.js';
import { readRecord } from './read-record.js';

/** Names the transport of this stage. */
export const KAFKA_INTAKE = Symbol('kafka-intake');
export const KAFKA_INTAKE_GROUP = 'event-ingest';

/** The public topic: each record becomes an event or a dead letter before its offset is committed. */
@Controller()
export class KafkaIntake {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly producer: RecordProducer,
    private readonly metrics: IntakeMetrics,
  ) {}

  @BatchHandler(Topics.interviewCompletions, KAFKA_INTAKE)
  async onRecords(batch: RecordBatch): Promise<void> {
    const now = new Date();
    await this.producer.send(batch.records.map((record) => this.take(record, batch, now)));
  }

  private take(record: ReceivedRecord, batch: RecordBatch, now: Date): OutgoingRecord {
    try {
      const event = readRecord(record, now);
      this.metrics.accepted('kafka', event.eventType);
      return eventRecord(event, traceOf(record));
    } catch (error) {
      if (!(error instanceof Unacceptable)) throw error;
      const { topic, partition } = batch;
      this.logger.warn(
        { topic, partition, offset: String(record.offset), reason: error.reason, problems: error.problems },
        `not accepted; it is on ${Topics.interviewCompletionsDeadLetter} as it came. Its producer must mend and send it again`,
      );
      this.metrics.refused('kafka', error.reason);
      return deadLetter(record, batch, error);
    }
  }
}
