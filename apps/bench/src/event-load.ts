import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { type ISocketFactory, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';

/** kafkajs leaves Nagle's algorithm on, which would hold back what is published soon after something else. */
const socketFactory: ISocketFactory = ({ host, port, onConnect }) =>
  net.connect({ host, port, noDelay: true }, onConnect);

const now = (): number => performance.timeOrigin + performance.now();

/** A producer service that publishes interview completions of about 1 KB to the public topic. */
export class EventLoad {
  private constructor(
    private readonly producer: Producer,
    private readonly organizationId: string,
  ) {}

  static async connect(brokers: string[], organizationId: string): Promise<EventLoad> {
    const kafka = new Kafka({ clientId: 'bench', brokers, logLevel: logLevel.NOTHING, socketFactory });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    return new EventLoad(producer, organizationId);
  }

  /** Publishes `count` events as fast as the broker takes them. @returns when it began, ms since the epoch. */
  async burst(count: number): Promise<number> {
    const began = now();
    for (let sent = 0; sent < count; sent += BATCH) {
      await this.publish(
        Array.from({ length: Math.min(BATCH, count - sent) }, () => this.event(randomUUID())),
      );
    }
    return began;
  }

  /** Publishes `perSecond` events a second for `seconds`. @returns when each was published, by mark. */
  async steady(perSecond: number, seconds: number): Promise<Map<string, number>> {
    const published = new Map<string, number>();
    const began = performance.now();
    const total = perSecond * seconds;
    const underWay: Promise<void>[] = [];
    while (published.size < total) {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond));
      const events: string[] = [];
      while (published.size < due) {
        const mark = randomUUID();
        published.set(mark, now());
        events.push(this.event(mark));
      }
      if (events.length > 0) underWay.push(this.publish(events));
      await delay(2);
    }
    await Promise.all(underWay);
    return published;
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }

  private async publish(values: string[]): Promise<void> {
    await this.producer.send({
      topic: 'interview-completions',
      messages: values.map((value) => ({ key: this.organizationId, value })),
    });
  }

  private event(mark: string): string {
    return JSON.stringify({
      specversion: '1.0',
      id: mark,
      source: '/bench',
      type: 'interview_completed',
      time: new Date().toISOString(),
      organizationid: this.organizationId,
      data: {
        interview_id: mark,
        interview_results_url: `https://skillora.example/jobs/bench/${mark}`,
        candidate_id: '2d0b7c1e-5a52-4c1d-9d0a-0f0000000001',
        job_id: '2d0b7c1e-5a52-4c1d-9d0a-0f0000000002',
        score: 85,
        status: 'completed',
        hiring_recommendation: 'recommended',
        completed_at: '2026-01-15T14:25:00Z',
        mark,
        padding: PADDING,
      },
    });
  }
}

const BATCH = 500;
/** Brings a body to about 1 KB. */
const PADDING = 'x'.repeat(560);

/** A body as the receivers get it, for posting it raw. */
export const RAW_BODY = JSON.stringify({ event: 'interview.completed', data: { padding: 'x'.repeat(960) } });
