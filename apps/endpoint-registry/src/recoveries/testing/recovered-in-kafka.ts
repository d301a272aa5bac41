import { randomUUID } from 'node:crypto';

import { type Delivery, deliverySchema, Topics } from '@skillora/contracts';
import { createKafka } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';

/** The deliveries in Kafka that a recovery has sent, once there are `count` at least. */
export async function inKafka(recoveryId: string, count: number): Promise<Delivery[]> {
  const kafka = createKafka({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    clientId: 'test',
    logger: createLogger('test', 'silent'),
  });
  const consumer = kafka.consumer({ groupId: randomUUID() });
  const found: Delivery[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic: Topics.deliveries, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const delivery = deliverySchema.decode(message.value ?? Buffer.from(''));
      if (delivery.recoveryId === recoveryId) found.push(delivery);
      return Promise.resolve();
    },
  });
  await waitFor(() => Promise.resolve(found.length >= count), 'the deliveries in Kafka');
  await consumer.disconnect();
  return found;
}
