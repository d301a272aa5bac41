import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
import type { Kafka, Producer, Transaction } from 'kafkajs';

import { createPartitioner, TRANSACTION_RETRY } from './client.js';
import { endSurely } from './failover/end-surely.js';
import { isLostCoordinator } from './failover/lost-coordinator.js';
import { sendWhole } from './failover/whole-sends.js';
import { type OutgoingRecord, splitByBytes, toTopicMessages } from './outgoing-record.js';
import { rememberCoordinators } from './remember-coordinators.js';

/** Where a group's reading of one partition stands, as part of a transaction. */
export interface ConsumedOffset {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read. */
  readonly nextOffset: bigint;
  /** Committed with it; see `OffsetWindow`. */
  readonly metadata?: string;
}

/** How long a transaction may take; then Kafka aborts it. */
const TRANSACTION_MS = 30_000;
/** Kafka ends a transaction in the background for some ms; until then it takes no offsets for the next. */
const PREVIOUS_ENDS_MS = 5;
/** A replica that has died keeps Kafka from ending a transaction until it counts no more, 9 s by default. */
const PREVIOUS_ENDS_LATE_MS = 100;

/**
 * One transactional id. Whoever connects last owns it: the broker fences every earlier owner (KIP-98), so a zombie's
 * transactions fail instead of doubling what its successor writes. kafkajs' `sendOffsets` carries no group generation
 * (KIP-447), so the id has to name the input partition, not the process.
 */
export class TransactionalProducer {
  private producer: Producer | null = null;

  /** @param kafka a client with {@link TRANSACTION_RETRY}. */
  constructor(
    private readonly kafka: Kafka,
    readonly transactionalId: string,
    private readonly logger: Logger,
  ) {
    rememberCoordinators();
  }

  /** Takes the id over: earlier owners are fenced and what they left open is aborted. */
  async connect(): Promise<void> {
    const producer = this.kafka.producer({
      transactionalId: this.transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      transactionTimeout: TRANSACTION_MS,
      createPartitioner,
      retry: TRANSACTION_RETRY,
    });
    try {
      await producer.connect();
      // kafkajs asks for the producer id, which is what fences, only when a transaction begins.
      const first = await producer.transaction();
      await first.abort();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
    this.producer = producer;
  }

  /**
   * Writes all of `records` and the consumed offset, or none of it. On any failure the transaction is aborted and the
   * producer given up, so that the next call starts from a known state.
   * @param records are asked for one after the other, as they are sent: together they may be larger than memory.
   * @param proceed says, while the records are on their way, whether they are to count.
   * @returns false when `proceed` said no: nothing is written then, and the producer goes on.
   * @throws what Kafka answered; a fenced producer means that another process owns the partition now.
   */
  async write(
    records: Iterable<OutgoingRecord>,
    consumed?: ConsumedOffset,
    proceed: Promise<boolean> = Promise.resolve(true),
  ): Promise<boolean> {
    // Handled where it is awaited, which a failure before that would leave out.
    proceed.catch(() => undefined);
    if (!this.producer) await this.connect();
    const producer = this.producer as unknown as Producer;
    const transaction = await producer.transaction().catch(async (error: unknown) => {
      await this.disconnect();
      throw error;
    });
    try {
      // Side by side, for each waits for several answers. Both must have ended before the transaction can.
      const parts = await Promise.allSettled([
        sendRecords(transaction, records),
        consumed && sendOffset(transaction, consumed),
      ]);
      for (const part of parts) if (part.status === 'rejected') throw part.reason;
      const proceeds = await proceed;
      await endSurely(() => (proceeds ? transaction.commit() : transaction.abort()), TRANSACTION_MS);
      return proceeds;
    } catch (error) {
      await transaction.abort().catch((abortError: unknown) => {
        this.logger.debug(
          { err: abortError, transactionalId: this.transactionalId },
          'the abort of the failed transaction failed too',
        );
      });
      await this.disconnect();
      throw error;
    }
  }

  async disconnect(): Promise<void> {
    const { producer } = this;
    this.producer = null;
    await producer?.disconnect().catch(() => undefined);
  }
}

async function sendRecords(transaction: Transaction, records: Iterable<OutgoingRecord>): Promise<void> {
  for (const run of splitByBytes(records)) {
    const topicMessages = toTopicMessages(run);
    await sendWhole(() => transaction.sendBatch({ acks: -1, topicMessages }));
  }
}

/**
 * kafkajs waits for the end of the transaction before only with records, so one that writes none waits here. And it gives
 * up when a coordinator has moved, by names of answers that it gives none itself; to ask again changes nothing.
 */
async function sendOffset(transaction: Transaction, consumed: ConsumedOffset): Promise<void> {
  const { groupId, topic, partition, nextOffset, metadata } = consumed;
  // kafkajs passes metadata on to Kafka, but does not say so in its types.
  const committed = { partition, offset: String(nextOffset), metadata: metadata ?? null };
  const began = Date.now();
  for (;;) {
    try {
      await transaction.sendOffsets({
        consumerGroupId: groupId,
        topics: [{ topic, partitions: [committed] }],
      });
      return;
    } catch (error) {
      const waited = Date.now() - began;
      const isBusy = (error as { type?: unknown }).type === 'CONCURRENT_TRANSACTIONS';
      if (waited > TRANSACTION_MS || !(isBusy || isLostCoordinator(error))) throw error;
      await delay(isBusy && waited < PREVIOUS_ENDS_LATE_MS ? PREVIOUS_ENDS_MS : PREVIOUS_ENDS_LATE_MS);
    }
  }
}
