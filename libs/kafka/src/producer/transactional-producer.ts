import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '@skillora/operability';
import type { Kafka, Producer, Transaction } from 'kafkajs';

import { createPartitioner, TRANSACTION_RETRY } from '../client/client.js';
import { endSurely } from '../kafkajs-patches/failover/end-surely.js';
import { isLostCoordinator } from '../kafkajs-patches/failover/lost-coordinator.js';
import { sendWhole } from '../kafkajs-patches/failover/whole-sends.js';
import { type OutgoingRecord, splitByBytes, toTopicMessages } from '../records/outgoing-record.js';
import { rememberCoordinators } from '../kafkajs-patches/remember-coordinators.js';

/** A position in one partition, as part of a transaction. */
export interface ConsumedOffset {
  /** The groups that get it, in one transaction. */
  readonly groupIds: readonly string[];
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read. */
  readonly nextOffset: bigint;
  /** Metadata that is committed with it; see `OffsetWindow`. */
  readonly metadata?: string;
}

/** How long a transaction may take before Kafka aborts it. */
const TRANSACTION_MS = 30_000;
/**
 * Kafka ends a transaction in the background for some ms, and accepts no offsets of the next one until then.
 */
const PREVIOUS_ENDS_MS = 5;
/**
 * A dead replica keeps Kafka from ending a transaction until it is removed from the in-sync replicas, after 9
 * s by default.
 */
const PREVIOUS_ENDS_LATE_MS = 100;

/**
 * A producer with one transactional id. The producer that connects last owns the id: the broker fences every
 * earlier owner (KIP-98). So the transactions of a former owner fail, and do not repeat what its successor
 * writes. kafkajs' `sendOffsets` carries no group generation (KIP-447), so the id must name the input
 * partition, not the process.
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

  /** Takes the id over: earlier owners are fenced, and their open transactions are aborted. */
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
      // kafkajs asks for the producer id (which fences earlier owners) only when a transaction begins.
      const first = await producer.transaction();
      await first.abort();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
    this.producer = producer;
  }

  /**
   * Writes all of `records` and the consumed offset, or none of it. On any failure the transaction is aborted
   * and the producer is closed, so that the next call starts from a known state.
   * @param records are read one after the other as they are sent, because together they may not fit into
   * memory.
   * @param proceed decides, while the records are sent, whether to commit them.
   * @returns false when `proceed` answered no: nothing is written then, and the producer stays usable.
   * @throws Kafka's answer; a fenced producer means that another process owns the partition now.
   */
  async write(
    records: Iterable<OutgoingRecord>,
    consumed?: ConsumedOffset,
    proceed: Promise<boolean> = Promise.resolve(true),
  ): Promise<boolean> {
    // Handles the rejection even if a failure before keeps the promise from being awaited.
    proceed.catch(() => undefined);
    if (!this.producer) await this.connect();
    const producer = this.producer as unknown as Producer;
    const transaction = await producer.transaction().catch(async (error: unknown) => {
      await this.disconnect();
      throw error;
    });
    try {
      // Both run at the same time, since each waits for several answers. Both must have ended before the
      // transaction can.
      const parts = await Promise.allSettled([
        sendRecords(transaction, records),
        consumed && sendOffsets(transaction, consumed),
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

/** One group after the other: Kafka adds only one group at a time to a transaction. */
async function sendOffsets(transaction: Transaction, consumed: ConsumedOffset): Promise<void> {
  for (const groupId of consumed.groupIds) await sendOffset(transaction, groupId, consumed);
}

/**
 * kafkajs waits for the end of the previous transaction only when it sends records, so a transaction without
 * records waits here. kafkajs also gives up when a coordinator has moved, because it looks for error names
 * that it does not set itself. Asking again is safe.
 */
async function sendOffset(
  transaction: Transaction,
  groupId: string,
  { topic, partition, nextOffset, metadata }: ConsumedOffset,
): Promise<void> {
  // kafkajs passes metadata on to Kafka, but its types do not say so.
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
