import { randomUUID } from 'node:crypto';

import {
  type Delivery,
  deliverySchema,
  manualRetrySchema,
  type ManualRetry,
  RecordSchemaError,
  Topics,
} from '@skillora/contracts';
import { createKafka } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';

/** The deliveries in Kafka that are as wanted, once there are `count` at least. */
export function deliveriesInKafka(
  isWanted: (delivery: Delivery) => boolean,
  count: number,
): Promise<Delivery[]> {
  return recordsOf(Topics.deliveries, (value) => deliverySchema.decode(value), isWanted, count);
}

/** The deliveries in Kafka that a recovery has sent, once there are `count` at least. */
export function inKafka(recoveryId: string, count: number): Promise<Delivery[]> {
  return deliveriesInKafka((delivery) => delivery.recoveryId === recoveryId, count);
}

/** The marks of rounds of a delivery in Kafka, once there are `count` at least. */
export function marksInKafka(deliveryId: string, count: number): Promise<ManualRetry[]> {
  const isWanted = (mark: ManualRetry): boolean => mark.deliveryId === deliveryId;
  return recordsOf(Topics.manualRetries, (value) => manualRetrySchema.decode(value), isWanted, count);
}

async function recordsOf<T>(
  topic: string,
  decode: (value: Buffer) => T,
  isWanted: (record: T) => boolean,
  count: number,
): Promise<T[]> {
  const kafka = createKafka({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    clientId: 'test',
    logger: createLogger('test', 'silent'),
  });
  const consumer = kafka.consumer({ groupId: randomUUID() });
  const found: T[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const record = decoded(decode, message.value);
      if (record !== null && isWanted(record)) found.push(record);
      return Promise.resolve();
    },
  });
  await waitFor(() => Promise.resolve(found.length >= count), 'the records in Kafka');
  await consumer.disconnect();
  return found;
}

/** Null for a record of another spec, which may be of any form: specs share the topics of their worker. */
function decoded<T>(decode: (value: Buffer) => T, value: Buffer | null): T | null {
  try {
    return value && decode(value);
  } catch (error) {
    if (error instanceof RecordSchemaError) return null;
    throw error;
  }
}
