import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { createKafka, RecordProducer } from '@skillora/kafka';
import { interviewEvent } from '@skillora/load';
import { createLogger } from '@skillora/operability';
import type { StackAddress } from '@skillora/running-stack';

import { postEvent } from '../steady-load.js';

const TICK_MS = 20;
const RESEND_AFTER_MS = 200;
/** One event of so many goes over Kafka, the others over HTTP. */
const OVER_KAFKA = 4;

/**
 * Producer services at work that outlive a broker: their Kafka client is ours, for one of plain kafkajs that was cut off in
 * the middle of an answer understands none any more and sends the same event for ever.
 */
export class ClusterLoad {
  /** The events that were accepted, by mark, and when, ms since the epoch. */
  readonly accepted = new Map<string, number>();
  /** How often HTTP intake answered what. */
  readonly answers = new Map<number, number>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly running: Promise<void>;
  private stopped = false;

  private constructor(
    private readonly address: StackAddress,
    private readonly producer: RecordProducer,
    private readonly perSecond: number,
  ) {
    this.running = this.run();
  }

  /** Begins to make so many events a second. */
  static async start(address: StackAddress, perSecond: number): Promise<ClusterLoad> {
    const clientId = 'load';
    const logger = createLogger(clientId, 'silent');
    const kafka = createKafka({ brokers: address.brokers, clientId, logger });
    const producer = new RecordProducer(kafka, { logger });
    await producer.connect();
    return new ClusterLoad(address, producer, perSecond);
  }

  /** Makes no more events; resolves once all that were made are accepted. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await Promise.all(this.underWay);
    await this.producer.disconnect();
  }

  private async run(): Promise<void> {
    const began = performance.now();
    let made = 0;
    while (!this.stopped) {
      const due = Math.floor(((performance.now() - began) / 1_000) * this.perSecond);
      for (; made < due; made += 1) this.track(made % OVER_KAFKA === 0 ? this.publish() : this.post());
      await delay(TICK_MS);
    }
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  private async publish(): Promise<void> {
    const mark = randomUUID();
    const { organizationId } = this.address;
    await this.producer.send([
      {
        topic: 'interview-completions',
        key: organizationId,
        value: Buffer.from(interviewEvent(mark, organizationId)),
      },
    ]);
    this.accepted.set(mark, Date.now());
  }

  private async post(): Promise<void> {
    const mark = randomUUID();
    const event = interviewEvent(mark, this.address.organizationId);
    for (;;) {
      const status = await postEvent(this.address, event);
      if (status !== null) this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
      if (status === 202) break;
      await delay(RESEND_AFTER_MS);
    }
    this.accepted.set(mark, Date.now());
  }
}
