import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  AdminOnDemand,
  committedOffsets,
  KAFKA,
  type OutgoingRecord,
  partitionKey,
  sendFirstTaken,
  TRANSACTIONAL_KAFKA,
} from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { FanOutPartition } from './fan-out-partition.js';

/** The partitions that this instance owns and fans out. */
@Injectable()
export class FanOutPartitions implements OnApplicationShutdown {
  private readonly owned = new Map<number, Promise<FanOutPartition>>();
  /**
   * Partitions that are being closed. Opening the same one again waits for them, so that the one that opened
   * last owns the transactional ids.
   */
  private readonly former = new Map<number, Promise<unknown>>();
  private readonly admin: AdminOnDemand;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(TRANSACTIONAL_KAFKA) private readonly transactionalKafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.admin = new AdminOnDemand(kafka);
  }

  /** Closes partitions that moved to another instance. */
  lost(partitions: readonly { readonly partition: number }[]): void {
    for (const { partition } of partitions) void this.close(partition);
  }

  /**
   * Where to continue in these partitions, as far as it is known. The position is in the ledger, together
   * with the deliveries. If the group has committed a higher offset, an instance of an older release (whose
   * ledger did not hold the position) has worked there since. It may have fanned out more events than a
   * ledger remembers.
   */
  async startingOffsets<P extends { readonly topic: string; readonly partition: number }>(
    groupId: string,
    assigned: readonly P[],
  ): Promise<(P & { offset: bigint })[]> {
    // Once the partitions are open, no other instance commits in a transaction.
    const opened = await Promise.all(assigned.map(({ partition }) => this.of(partition)));
    const committed = await committedOffsets(
      await this.admin.get(),
      groupId,
      assigned.map(({ topic }) => topic),
    );
    return assigned.flatMap((each, index) => {
      const inLedger = opened[index]?.nextOffset ?? null;
      const group = committed.get(partitionKey(each.topic, each.partition))?.offset ?? null;
      const offset = inLedger === null || (group !== null && group > inLedger) ? group : inLedger;
      return offset === null ? [] : [{ ...each, offset }];
    });
  }

  /** The partition of this number; opens it if it is not open. */
  of(partition: number): Promise<FanOutPartition> {
    const known = this.owned.get(partition);
    if (known) return known;
    const owned = (this.former.get(partition) ?? Promise.resolve()).then(() => this.open(partition));
    this.owned.set(partition, owned);
    owned.catch(() => this.close(partition, owned));
    return owned;
  }

  /**
   * Closes a partition, after a failed write or when another instance owns it.
   * @param owned what {@link of} returned; a newer one is left alone. Default: the present one.
   */
  async close(partition: number, owned = this.owned.get(partition)): Promise<void> {
    if (!owned) return;
    if (this.owned.get(partition) === owned) this.owned.delete(partition);
    const closed = Promise.allSettled([
      this.former.get(partition),
      owned.then((opened) => opened.close()),
    ]).then(() => {
      if (this.former.get(partition) === closed) this.former.delete(partition);
    });
    this.former.set(partition, closed);
    await closed;
  }

  /**
   * Writes the first of these records that the brokers accept, as the only result of the records before
   * `nextOffset`.
   * @throws the brokers' answer to the last record, or the error that kept them from accepting any record
   * just now.
   */
  async putAside(partition: number, forms: readonly OutgoingRecord[], nextOffset: bigint): Promise<void> {
    const send = async (records: readonly OutgoingRecord[]): Promise<void> => {
      const opening = this.of(partition);
      const owned = await opening;
      try {
        await owned.write(records, new Map(), nextOffset);
      } catch (error) {
        await this.close(partition, opening);
        throw error;
      }
    };
    await sendFirstTaken({ send }, forms);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.owned.keys()].map((partition) => this.close(partition)));
    await this.admin.disconnect();
  }

  private async open(partition: number): Promise<FanOutPartition> {
    const { kafka, transactionalKafka, logger } = this;
    const admin = await this.admin.get();
    return FanOutPartition.open({ kafka, transactionalKafka, admin }, partition, logger);
  }
}
