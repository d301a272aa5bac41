import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { EventPublisher } from '@skillora/load';

const TICK_MS = 100;

/** A producer service that publishes a number of events a second over Kafka, whatever else happens. */
export class EventStream {
  /** The accepted events, and when they were accepted, ms since the epoch. */
  readonly accepted = new Map<string, number>();
  private stopped = false;
  private readonly running: Promise<void>;

  private constructor(
    private readonly publisher: EventPublisher,
    private readonly perSecond: number,
  ) {
    this.running = this.run();
  }

  static async start(brokers: string[], organizationId: string, perSecond: number): Promise<EventStream> {
    return new EventStream(await EventPublisher.connect(brokers, organizationId), perSecond);
  }

  /** Publishes one more event. @returns its mark. */
  async publish(): Promise<string> {
    const mark = randomUUID();
    await this.publisher.publish([mark]);
    this.accepted.set(mark, Date.now());
    return mark;
  }

  /** Resolves once all events are published. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await this.publisher.disconnect();
  }

  private async run(): Promise<void> {
    const began = performance.now();
    for (let made = 0; !this.stopped;) {
      const due = Math.floor(((performance.now() - began) / 1_000) * this.perSecond) - made;
      const marks = Array.from({ length: due }, () => randomUUID());
      made += due;
      await this.publisher.publish(marks);
      for (const mark of marks) this.accepted.set(mark, Date.now());
      await delay(TICK_MS);
    }
  }
}
