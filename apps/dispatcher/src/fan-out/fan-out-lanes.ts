import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type OutgoingRecord, sendFirstTaken } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { KAFKA, TRANSACTIONAL_KAFKA } from '../kafka-clients.module.js';
import { FanOutLane } from './fan-out-lane.js';

/** The lanes of the partitions that this instance owns. */
@Injectable()
export class FanOutLanes implements OnApplicationShutdown {
  private readonly lanes = new Map<number, Promise<FanOutLane>>();
  /**
   * Lanes that are being closed. A new lane of the same partition waits for them, so that the lane that
   * opened last owns the transactional id.
   */
  private readonly former = new Map<number, Promise<unknown>>();
  private admin: Promise<Admin> | null = null;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(TRANSACTIONAL_KAFKA) private readonly transactionalKafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Closes the lanes of partitions that moved to another instance. */
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
    // Once the lanes are open, no other instance commits in a transaction.
    const lanes = await Promise.all(assigned.map(({ partition }) => this.of(partition)));
    const committed = await this.committed(
      groupId,
      assigned.map(({ topic }) => topic),
    );
    return assigned.flatMap((each, index) => {
      const told = lanes[index]?.nextOffset ?? null;
      const group = committed.get(`${each.topic}/${each.partition}`) ?? null;
      const offset = told === null || (group !== null && group > told) ? group : told;
      return offset === null ? [] : [{ ...each, offset }];
    });
  }

  /** The lane of a partition; opens it if it is not open. */
  of(partition: number): Promise<FanOutLane> {
    const known = this.lanes.get(partition);
    if (known) return known;
    const lane = (this.former.get(partition) ?? Promise.resolve()).then(() => this.open(partition));
    this.lanes.set(partition, lane);
    lane.catch(() => this.close(partition, lane));
    return lane;
  }

  /**
   * Closes a lane, after a failed write or when another instance owns the partition.
   * @param lane the lane that {@link of} returned; a newer lane is left alone. Default: the present lane.
   */
  async close(partition: number, lane = this.lanes.get(partition)): Promise<void> {
    if (!lane) return;
    if (this.lanes.get(partition) === lane) this.lanes.delete(partition);
    const closed = Promise.allSettled([
      this.former.get(partition),
      lane.then((opened) => opened.close()),
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
      const lane = await opening;
      try {
        await lane.write(records, new Map(), nextOffset);
      } catch (error) {
        await this.close(partition, opening);
        throw error;
      }
    };
    await sendFirstTaken({ send }, forms);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.lanes.keys()].map((partition) => this.close(partition)));
    await this.admin?.then((admin) => admin.disconnect()).catch(() => undefined);
  }

  private async committed(groupId: string, topics: readonly string[]): Promise<Map<string, bigint>> {
    const admin = await this.connectedAdmin();
    const found = await admin.fetchOffsets({ groupId, topics: [...new Set(topics)] });
    return new Map(
      found.flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, offset }): [string, bigint] => [`${topic}/${partition}`, BigInt(offset)])
          // The group answers -1 for a partition without a committed offset.
          .filter(([, offset]) => offset >= 0n),
      ),
    );
  }

  private async open(partition: number): Promise<FanOutLane> {
    const { kafka, transactionalKafka, logger } = this;
    const admin = await this.connectedAdmin();
    return FanOutLane.open({ kafka, transactionalKafka, admin }, partition, logger);
  }

  /** After a failure, the next caller tries again. */
  private connectedAdmin(): Promise<Admin> {
    return (this.admin ??= this.connectAdmin().catch((error: unknown) => {
      this.admin = null;
      throw error;
    }));
  }

  private async connectAdmin(): Promise<Admin> {
    const admin = this.kafka.admin();
    await admin.connect();
    return admin;
  }
}
