import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
import type { Kafka, Producer } from 'kafkajs';

import { tryUntilDone } from '../backoff.js';
import { createPartitioner, PATIENT_RETRY } from '../client/client.js';
import { sendWhole } from '../kafkajs-patches/failover/whole-sends.js';
import {
  MAX_REQUEST_BYTES,
  type OutgoingRecord,
  recordBytes,
  splitByBytes,
  toTopicMessages,
} from '../records/outgoing-record.js';

export interface RecordProducerOptions {
  /**
   * How long the first record of a request waits for others, ms. While a request is in progress, further
   * records wait anyway.
   */
  readonly lingerMs?: number;
  readonly logger: Logger;
}

/** When Kafka has not accepted a request for this long, the producer is reported as not ready, ms. */
const SILENCE_MS = 5_000;
/** The pauses before another producer is connected. */
const BACKOFF = { firstMs: 50, mostMs: 500 };

interface Waiting {
  readonly records: readonly OutgoingRecord[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An idempotent producer for concurrent callers. All records that wait when a request can be sent go into one
 * request, in the order of the calls. A request with one record costs half a millisecond; a request with a
 * few hundred costs little more.
 */
export class RecordProducer {
  private producer: Producer;
  private queue: Waiting[] = [];
  private pumping: Promise<void> | null = null;
  private bytes = 0;
  private closed = false;
  private connected = false;
  /** When the request in progress began, ms since the epoch. */
  private writingSince: number | null = null;

  constructor(
    private readonly kafka: Kafka,
    private readonly options: RecordProducerOptions,
  ) {
    this.producer = this.create();
  }

  /** True between `connect` and `disconnect`, except while Kafka does not accept records. */
  get ready(): boolean {
    return this.connected && (this.writingSince === null || Date.now() - this.writingSince < SILENCE_MS);
  }

  /** The size of the records that were given to `send` and are not yet acknowledged, bytes. */
  get pendingBytes(): number {
    return this.bytes;
  }

  async connect(): Promise<void> {
    await this.producer.connect();
    this.connected = true;
  }

  /**
   * Resolves when every in-sync replica has all of `records`. It waits while brokers are down; callers with a
   * deadline enforce it themselves. It rejects only for errors that waiting does not fix (a record too large,
   * a topic that does not exist).
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

  /** Sends the waiting records, then closes. */
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
    // Must be in the same turn as the check of the queue: a later caller then starts the next pass.
    this.pumping = null;
  }

  /**
   * Writes the records of several callers and resolves their promises. If Kafka refuses the request, one
   * caller's records are the cause, so each caller's records are tried alone.
   */
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

  /**
   * Takes what fits into one request, so that a refusal concerns all of it. The records of one caller stay
   * together, however large they are.
   */
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

  /** After a refused request the producer's sequence numbers may be wrong, so a new producer replaces it. */
  private async replace(error: unknown): Promise<void> {
    this.options.logger.error(
      { err: error },
      'Kafka refused a request. A new producer takes over, and callers whose records were refused get the error. If this repeats, fix what the error names',
    );
    const connectAnother = async (): Promise<void> => {
      const former = this.producer;
      this.producer = this.create();
      await former.disconnect().catch(() => undefined);
      await this.producer.connect();
    };
    await tryUntilDone(connectAnother, {
      ...BACKOFF,
      // Callers wait for their records, also in a command that does nothing else.
      keepsRunning: true,
      onFailure: (connectError, attempt) => {
        if (this.closed) throw connectError;
        this.options.logger.warn(
          { err: connectError, attempt },
          'a new producer could not be connected; trying again. If this repeats, check the brokers',
        );
      },
    });
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
