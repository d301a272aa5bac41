import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
import type { Kafka, Producer } from 'kafkajs';

import { createPartitioner, PATIENT_RETRY } from './client.js';
import { sendWhole } from './failover/whole-sends.js';
import {
  MAX_REQUEST_BYTES,
  type OutgoingRecord,
  recordBytes,
  splitByBytes,
  toTopicMessages,
} from './outgoing-record.js';

export interface RecordProducerOptions {
  /** How long the first record of a request waits for company, ms. While a request is under way the rest waits anyway. */
  readonly lingerMs?: number;
  readonly logger: Logger;
}

/** A request that Kafka has not taken for so long is waited for in vain, as far as callers can tell; ms. */
const SILENCE_MS = 5_000;
const MAX_BACKOFF_MS = 500;

interface Waiting {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An idempotent producer for concurrent callers: whatever is waiting when a request can go goes together, in the order
 * of the calls. One record a request costs half a millisecond, a few hundred cost little more.
 */
export class RecordProducer {
  private producer: Producer;
  private queue: Waiting[] = [];
  private pumping: Promise<void> | null = null;
  private bytes = 0;
  private closed = false;
  private connected = false;
  /** When the request that is under way began, ms since the epoch. */
  private writingSince: number | null = null;

  constructor(
    private readonly kafka: Kafka,
    private readonly options: RecordProducerOptions,
  ) {
    this.producer = this.create();
  }

  /** True between `connect` and `disconnect`, but for the time in which Kafka does not take what is written. */
  get ready(): boolean {
    return this.connected && (this.writingSince === null || Date.now() - this.writingSince < SILENCE_MS);
  }

  /** How much has been given to `send` and is not yet acknowledged, bytes. */
  get pendingBytes(): number {
    return this.bytes;
  }

  async connect(): Promise<void> {
    await this.producer.connect();
    this.connected = true;
  }

  /**
   * Resolves when every in-sync replica has all of `records`. While brokers are away it waits; a caller with a deadline
   * keeps it itself. Rejects only on what no waiting mends (a record too large, a topic that is not there for good).
   */
  send(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.closed) return Promise.reject(new Error('the producer is closed'));
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    this.bytes += bytes;
    return new Promise<void>((resolve, reject) => {
      this.queue.push({ records, bytes, resolve, reject });
      this.pumping ??= this.pump();
    });
  }

  /** Sends what is waiting, then closes. */
  async disconnect(): Promise<void> {
    this.closed = true;
    await this.pumping;
    this.connected = false;
    await this.producer.disconnect();
  }

  private async pump(): Promise<void> {
    const lingerMs = this.options.lingerMs ?? 1;
    if (lingerMs > 0) await delay(lingerMs);
    else await Promise.resolve();
    while (this.queue.length > 0) {
      this.writingSince = Date.now();
      await this.write(this.take());
    }
    this.writingSince = null;
    // In the same turn as the look at the queue: whoever sends from now on starts the next pass.
    this.pumping = null;
  }

  /** Writes what callers gave and tells them. When Kafka refuses it, one of them is to blame: each is tried alone. */
  private async write(taken: readonly Waiting[]): Promise<void> {
    try {
      for (const run of splitByBytes(taken.flatMap(({ records }) => records))) {
        const topicMessages = toTopicMessages(run);
        await sendWhole(() => this.producer.sendBatch({ acks: -1, topicMessages }));
      }
      for (const { bytes, resolve } of taken) {
        this.bytes -= bytes;
        resolve();
      }
    } catch (error) {
      await this.replace(error);
      const [only] = taken;
      if (taken.length === 1 && only) {
        this.bytes -= only.bytes;
        only.reject(error);
        return;
      }
      for (const each of taken) await this.write([each]);
    }
  }

  /** What fits one request, so that a refusal concerns all of it; what one caller gave stays together, however large. */
  private take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.queue) {
      if (count > 0 && bytes + waiting.bytes > MAX_REQUEST_BYTES) break;
      bytes += waiting.bytes;
      count += 1;
    }
    return this.queue.splice(0, count);
  }

  /** After a refused request the producer's sequence numbers are not to be trusted: a new one starts afresh. */
  private async replace(error: unknown): Promise<void> {
    this.options.logger.error(
      { err: error },
      'Kafka refused a request. A new producer takes over, and callers whose records were refused get the error. If this repeats, fix what the error names',
    );
    for (let attempt = 0; ; attempt += 1) {
      const former = this.producer;
      this.producer = this.create();
      await former.disconnect().catch(() => undefined);
      try {
        await this.producer.connect();
        return;
      } catch (connectError) {
        if (this.closed) throw connectError;
        this.options.logger.warn(
          { err: connectError, attempt },
          'a new producer could not be connected; trying again. If this repeats, check the brokers',
        );
        await delay(Math.min(MAX_BACKOFF_MS, 50 * 2 ** attempt));
      }
    }
  }

  private create(): Producer {
    return this.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner,
      retry: PATIENT_RETRY,
    });
  }
}
