import net from 'node:net';

import { type ISocketFactory, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';

import type { EventSink } from './event-sink.js';
import { interviewEvent, type LoadEventType } from './interview-event.js';

/** kafkajs leaves Nagle's algorithm on, which would delay events that follow others closely. */
const socketFactory: ISocketFactory = ({ host, port, onConnect }) =>
  net.connect({ host, port, noDelay: true }, onConnect);

/** A producer service that waits for a broker that is down, and repeats events without an answer. */
export class EventPublisher implements EventSink {
  private constructor(
    private readonly producer: Producer,
    readonly organizationId: string,
  ) {}

  static async connect(brokers: string[], organizationId: string): Promise<EventPublisher> {
    const kafka = new Kafka({
      clientId: 'load',
      brokers,
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      enforceRequestTimeout: true,
      logLevel: logLevel.NOTHING,
      socketFactory,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 100_000 },
    });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return new EventPublisher(producer, organizationId);
  }

  /** Publishes one event for each mark to the public topic; resolves once every in-sync replica has them. */
  async publish(marks: readonly string[], type?: LoadEventType): Promise<void> {
    if (marks.length === 0) return;
    await this.producer.send({
      topic: 'interview-completions',
      messages: marks.map((mark) => ({
        key: this.organizationId,
        value: interviewEvent(mark, this.organizationId, type),
      })),
    });
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }
}
