import { Topics } from '@skillora/contracts';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

import type { SampleEvent } from './sample-event.js';

/**
 * Publishes an event as a producer service does: keyed by organisation, acknowledged by every in-sync
 * replica.
 */
export async function publish(brokers: string[], event: SampleEvent): Promise<void> {
  const producer = new Kafka({ clientId: 'demo-producer', brokers, logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  try {
    await producer.send({
      topic: Topics.interviewCompletions,
      acks: -1,
      messages: [
        {
          key: event.organizationid,
          value: JSON.stringify(event),
          headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
        },
      ],
    });
  } finally {
    await producer.disconnect();
  }
}
