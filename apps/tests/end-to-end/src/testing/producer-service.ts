import { randomUUID } from 'node:crypto';

import { Kafka, logLevel, Partitioners, type IHeaders } from 'kafkajs';

import type { StackAddress } from '@skillora/running-stack';
import { waitFor } from '@skillora/testing';

/** A CloudEvent as a producer service writes it. */
export interface CloudEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  readonly organizationid?: string;
  readonly datacontenttype?: string;
  readonly data: Record<string, unknown>;
}

/** A completed interview. */
export function interviewCompleted(change: Partial<CloudEvent> = {}): CloudEvent {
  const interview = randomUUID();
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/services/interviews',
    type: 'interview_completed',
    time: '2026-03-04T05:06:07.890+02:00',
    datacontenttype: 'application/json',
    data: {
      // Not in the documented order, and with an unknown field.
      status: 'completed',
      score: 91.5,
      interview_id: interview,
      candidate_id: randomUUID(),
      job_id: randomUUID(),
      interview_results_url: `https://skillora.example/jobs/1/${interview}`,
      hiring_recommendation: 'strong yes – «très bien» 🎉',
      completed_at: '2026-03-04T03:01:00Z',
      panel: { size: 3, notes: ['a', null, true] },
    },
    ...change,
  };
}

/** A completed mock interview. */
export function mockInterviewCompleted(change: Partial<CloudEvent> = {}): CloudEvent {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/services/mock-interviews',
    type: 'mock_interview_completed',
    time: '2026-03-04T05:06:07Z',
    data: {
      id: randomUUID(),
      user: { id: randomUUID(), first_name: 'Ada', last_name: 'Byron', email: 'ada@example.org' },
      score: 64,
      status: 'completed',
      number_of_questions: 4,
      number_of_answered_questions: 3,
      number_of_skipped_questions: 1,
      created_at: '2026-03-04T04:00:00Z',
      started_at: '2026-03-04T04:01:00Z',
      ended_at: '2026-03-04T04:30:00Z',
      topic: 'Compilers',
      resume: { skills: ['Analytical Engine'] },
      learning_resources: [{ title: 'Notes', url: 'https://example.org/notes' }],
      weak_areas: ['Brevity'],
      strong_areas: ['Foresight'],
      key_area_assessments: { technical: 9, communication: 6.5 },
      config: { id: randomUUID(), name: 'Historic' },
    },
    ...change,
  };
}

/** A service that publishes to the public topic, with a Kafka client of its own. */
export class ProducerService {
  private readonly kafka: Kafka;

  constructor(private readonly address: StackAddress) {
    this.kafka = new Kafka({
      clientId: 'producer-service',
      brokers: address.brokers,
      logLevel: logLevel.NOTHING,
    });
  }

  /** Publishes in structured mode. */
  async publish(event: CloudEvent, key: string | null = this.address.organizationId): Promise<void> {
    const complete = { organizationid: this.address.organizationId, ...event };
    await this.publishRaw(
      Buffer.from(JSON.stringify(complete)),
      { 'content-type': 'application/cloudevents+json' },
      key,
    );
  }

  /** Publishes in binary mode: attributes in headers, data as the value. */
  async publishBinary({ data, datacontenttype, ...attributes }: CloudEvent): Promise<void> {
    const headers: IHeaders = { 'content-type': datacontenttype ?? 'application/json' };
    for (const [name, value] of Object.entries({
      organizationid: this.address.organizationId,
      ...attributes,
    })) {
      headers[`ce_${name}`] = value;
    }
    await this.publishRaw(Buffer.from(JSON.stringify(data)), headers);
  }

  async publishRaw(
    value: Buffer,
    headers: IHeaders = {},
    key: string | null = this.address.organizationId,
  ): Promise<void> {
    const producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    try {
      await producer.send({ topic: 'interview-completions', messages: [{ key, value, headers }] });
    } finally {
      await producer.disconnect();
    }
  }

  /** Reads the dead-letter topic until a record satisfies `wanted`. */
  async deadLetter(
    wanted: (letter: { value: Buffer | null; headers: Record<string, string> }) => boolean,
    timeoutMs = 300_000,
  ): Promise<{ key: string | null; value: Buffer | null; headers: Record<string, string> }> {
    const consumer = this.kafka.consumer({ groupId: `dead-letters-${randomUUID()}`, maxWaitTimeInMs: 200 });
    await consumer.connect();
    await consumer.subscribe({ topic: 'interview-completions.dead-letter', fromBeginning: true });
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('no such dead letter')), timeoutMs);
        void consumer.run({
          eachMessage: ({ message }) => {
            const headers = Object.fromEntries(
              Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
            );
            const letter = { key: message.key?.toString() ?? null, value: message.value, headers };
            if (wanted(letter)) resolve(letter);
            return Promise.resolve();
          },
        });
      });
    } finally {
      clearTimeout(timer);
      await consumer.disconnect();
    }
  }

  /** Sends over HTTP, and again while the answer is 503, as producers do. */
  async post(
    body: unknown,
    contentType = 'application/cloudevents+json',
    token = this.address.token,
  ): Promise<Response> {
    return waitFor(async () => {
      const answer = await this.postOnce(body, contentType, token);
      return answer.status !== 503 && answer;
    }, 'an answer of the intake');
  }

  private postOnce(body: unknown, contentType: string, token: string): Promise<Response> {
    return fetch(`${this.address.ingest}/api/v1/interview-completions/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }
}
