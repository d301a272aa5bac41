import { Inject, Injectable } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import {
  deadLetterForms,
  internalRefusal,
  isRecordFault,
  KAFKA,
  type ReceivedRecord,
  type RecordPlace,
  RecordProducer,
  sendFirstTaken,
} from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

/**
 * SQLSTATE classes: data exception, integrity constraint violation, program limit exceeded (for example the
 * size of an index row).
 */
const CLASSES_OF_DATA = new Set(['22', '23', '54']);

/**
 * True when the content of a record causes the error, so that waiting does not help. A row without a
 * partition does not count: partitions are dropped and created over time, so the tables are the cause.
 */
export function isFaultOfData(error: unknown): boolean {
  if (isRecordFault(error)) return true;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return false;
  if (typeof message === 'string' && message.startsWith('no partition of relation')) return false;
  return CLASSES_OF_DATA.has(code.slice(0, 2));
}

/** Stores records that cannot be applied. It connects to Kafka when the first one comes. */
@Injectable()
export class ProjectionDeadLetters {
  private producer: Promise<RecordProducer> | null = null;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Resolves once every in-sync replica has it. */
  async keep(record: ReceivedRecord, place: RecordPlace, error: unknown): Promise<void> {
    const forms = deadLetterForms(Topics.deadLetter, record, place, internalRefusal(error));
    await sendFirstTaken(await this.connected(), forms);
  }

  async close(): Promise<void> {
    const producer = await this.producer?.catch(() => null);
    await producer?.disconnect();
  }

  private connected(): Promise<RecordProducer> {
    return (this.producer ??= this.connect().catch((error: unknown) => {
      this.producer = null;
      throw error;
    }));
  }

  private async connect(): Promise<RecordProducer> {
    const producer = new RecordProducer(this.kafka, { lingerMs: 0, logger: this.logger });
    await producer.connect();
    return producer;
  }
}
