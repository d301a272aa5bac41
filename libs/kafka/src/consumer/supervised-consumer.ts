import { setTimeout as delay } from 'node:timers/promises';

import type { Consumer } from 'kafkajs';

import { backoffMs } from '../backoff.js';

export interface SupervisedConsumerOptions {
  /** Creates a consumer, which does nothing yet. */
  readonly create: () => Consumer;
  /** Connects, subscribes and runs a consumer. If it rejects, the next consumer is tried. */
  readonly run: (consumer: Consumer) => Promise<void>;
  /** Called when the consumer crashed, also when kafkajs restarts it by itself. */
  readonly onCrash?: () => void;
  /** Called when the consumer ended for good, before another one is started. */
  readonly onEnd: (cause: unknown) => void;
  /** Called when another consumer could not be started, before the next try. */
  readonly onFailedStart: (error: unknown) => void;
  /** The longest pause between two tries, ms. */
  readonly maxBackoffMs: number;
  /** When it is aborted, no consumer is replaced any more. */
  readonly closing: AbortSignal;
}

/** The pause before the first try, ms; each further pause is twice as long. */
const FIRST_BACKOFF_MS = 250;

/**
 * Keeps one kafkajs consumer working. kafkajs ends a consumer for good on errors that it considers permanent
 * (kafkajs #659), and nobody would notice. This class then starts another one, again and again until one runs.
 *
 * A consumer that is dropped while it joins cannot be stopped (kafkajs #1462, #1571) and joins all the same. So
 * listeners of a consumer must ask {@link isCurrent} first.
 */
export class SupervisedConsumer {
  private consumer: Consumer | null = null;
  /** Counts the calls that replace a consumer: a later one takes over from an earlier one. */
  private replacements = 0;

  constructor(private readonly options: SupervisedConsumerOptions) {}

  /** The consumer that works now; null before the first one and while one is being replaced. */
  get current(): Consumer | null {
    return this.consumer;
  }

  /** False for a consumer that was replaced or is being replaced. */
  isCurrent(consumer: Consumer): boolean {
    return consumer === this.consumer;
  }

  /** Starts a consumer. Rejects if it cannot be started; then nothing tries again. */
  async start(): Promise<void> {
    const consumer = this.options.create();
    this.consumer = consumer;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!this.isCurrent(consumer)) return;
      this.options.onCrash?.();
      if (!payload.restart) void this.replace(consumer, payload.error);
    });
    await this.options.run(consumer);
  }

  /** Replaces a consumer, unless it was replaced already. Resolves when another one runs. Never rejects. */
  async replace(former: Consumer, cause: unknown): Promise<void> {
    const { closing, maxBackoffMs } = this.options;
    if (this.isClosing() || !this.isCurrent(former)) return;
    this.consumer = null;
    const replacement = ++this.replacements;
    this.options.onEnd(cause);
    await former.disconnect().catch(() => undefined);
    for (let attempt = 0; ; attempt += 1) {
      const pause = backoffMs(attempt, { firstMs: FIRST_BACKOFF_MS, mostMs: maxBackoffMs });
      await delay(pause, undefined, { signal: closing }).catch(() => undefined);
      if (this.isClosing() || this.isSuperseded(replacement)) return;
      try {
        await this.start();
        return;
      } catch (error) {
        if (this.isSuperseded(replacement)) return;
        this.options.onFailedStart(error);
        await this.disconnect();
      }
    }
  }

  /** Disconnects the consumer that works now. Never rejects. */
  async disconnect(): Promise<void> {
    await this.consumer?.disconnect().catch(() => undefined);
  }

  private isClosing(): boolean {
    return this.options.closing.aborted;
  }

  private isSuperseded(replacement: number): boolean {
    return replacement !== this.replacements;
  }
}
