import { randomUUID } from 'node:crypto';

import {
  deliveryId,
  type DeliveryResult,
  deliveryResultSchema,
  recordHeaders,
  Topics,
} from '@skillora/contracts';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';

const BATCH = 1_000;

/** Results of deliveries that succeeded at once, as the dispatcher writes them. */
export class ResultLoad {
  private constructor(
    private readonly producer: Producer,
    private readonly organizationId: string,
    private readonly endpointIds: readonly string[],
  ) {}

  static async connect(
    brokers: string[],
    organizationId: string,
    endpointIds: readonly string[],
  ): Promise<ResultLoad> {
    const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return new ResultLoad(producer, organizationId, endpointIds);
  }

  /** Writes this many results as fast as the broker accepts them. */
  async write(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, count - sent) }, (_, index) => {
        const result = this.result(sent + index);
        return {
          key: result.deliveryId,
          value: deliveryResultSchema.encode(result),
          headers: recordHeaders(deliveryResultSchema),
        };
      });
      await this.producer.send({ topic: Topics.deliveryResults, messages });
    }
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }

  private result(number: number): DeliveryResult {
    const eventId = randomUUID();
    const endpointId = this.endpointIds[number % this.endpointIds.length] ?? '';
    const now = new Date().toISOString();
    return {
      deliveryId: deliveryId(eventId, endpointId),
      eventId,
      endpointId,
      organizationId: this.organizationId,
      eventType: 'interview_completed',
      createdAt: now,
      round: 0,
      step: 1,
      trigger: 'automatic',
      status: 'success',
      attempt: {
        startedAt: now,
        durationMs: 12,
        responseStatus: 200,
        responseBody: '{"received":true}',
        error: null,
        errorDetail: null,
      },
      error: null,
      nextRetryAt: null,
      at: now,
    };
  }
}
