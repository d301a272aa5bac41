import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { EventPublisher, interviewEvent } from '@skillora/load';
import type { StackAddress } from '@skillora/running-stack';

const TICK_MS = 20;
const RESEND_AFTER_MS = 500;
const ANSWER_LIMIT_MS = 10_000;

/**
 * Producer services at work: so many events a second, every second tick over Kafka and the others over HTTP. Each is
 * sent again, under the same id, until it is accepted: 202, or acknowledged by the broker.
 */
export class SteadyLoad {
  /** The events that were accepted, by mark, and when, ms since the epoch. */
  readonly accepted = new Map<string, number>();
  /** How often HTTP intake answered what. */
  readonly answers = new Map<number, number>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly running: Promise<void>;
  private stopped = false;
  private abandoned = false;

  private constructor(
    private readonly address: StackAddress,
    private readonly publisher: EventPublisher,
    private readonly perSecond: number,
  ) {
    this.running = this.run();
  }

  static async start(address: StackAddress, perSecond: number): Promise<SteadyLoad> {
    return new SteadyLoad(
      address,
      await EventPublisher.connect(address.brokers, address.organizationId),
      perSecond,
    );
  }

  /** Makes no more events; resolves once all that were made are accepted. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await Promise.all(this.underWay);
    await this.publisher.disconnect();
  }

  /** Makes and sends nothing any more, whether accepted or not: for a test that has ended, however it did. */
  abandon(): void {
    this.stopped = true;
    this.abandoned = true;
    void this.publisher.disconnect();
  }

  private async run(): Promise<void> {
    const began = performance.now();
    let made = 0;
    for (let tick = 0; !this.stopped; tick += 1) {
      const due = Math.floor(((performance.now() - began) / 1_000) * this.perSecond);
      const marks = Array.from({ length: due - made }, () => randomUUID());
      made = due;
      if (tick % 2 === 0) this.track(this.publish(marks));
      else for (const mark of marks) this.track(this.post(mark));
      await delay(TICK_MS);
    }
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  private async publish(marks: readonly string[]): Promise<void> {
    for (;;) {
      try {
        await this.publisher.publish(marks);
        break;
      } catch {
        if (this.abandoned) return;
        await delay(RESEND_AFTER_MS);
      }
    }
    for (const mark of marks) this.accepted.set(mark, Date.now());
  }

  private async post(mark: string): Promise<void> {
    while (!this.abandoned) {
      const status = await postEvent(this.address, interviewEvent(mark, this.address.organizationId));
      if (status !== null) this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
      if (status === 202) {
        this.accepted.set(mark, Date.now());
        return;
      }
      await delay(RESEND_AFTER_MS);
    }
  }
}

/** Sends one event over HTTP. @returns the status, or null when there was no answer. */
export async function postEvent(
  address: StackAddress,
  event: string,
  limitMs = ANSWER_LIMIT_MS,
): Promise<number | null> {
  try {
    const response = await fetch(`${address.ingest}/api/v1/interview-completions/`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${address.token}`,
        'content-type': 'application/cloudevents+json',
      },
      body: event,
      signal: AbortSignal.timeout(limitMs),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return null;
  }
}
