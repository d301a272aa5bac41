import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { KAFKA, TRANSACTIONAL_KAFKA } from '../kafka-clients.js';
import { FanOutLane } from './fan-out-lane.js';

/** The lanes of the partitions this copy owns. */
@Injectable()
export class FanOutLanes implements OnApplicationShutdown {
  private readonly lanes = new Map<number, Promise<FanOutLane>>();
  private admin: Promise<Admin> | null = null;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(TRANSACTIONAL_KAFKA) private readonly transactionalKafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Lanes of partitions that went to another copy are given up. */
  lost(partitions: readonly { readonly partition: number }[]): void {
    for (const { partition } of partitions) void this.close(partition);
  }

  /**
   * Where to read on in these partitions, as far as it is known: what is done is said in their ledgers, with what was made
   * of it. Where the group has committed more, a copy of a release whose ledger did not say so worked there since: what it
   * did may be more than a ledger remembers.
   */
  async startingOffsets<P extends { readonly topic: string; readonly partition: number }>(
    groupId: string,
    assigned: readonly P[],
  ): Promise<(P & { offset: bigint })[]> {
    // Once the lanes are open nobody else commits in a transaction.
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

  /** The open lane of a partition; opens it if it is not. */
  of(partition: number): Promise<FanOutLane> {
    let lane = this.lanes.get(partition);
    if (!lane) {
      lane = this.open(partition);
      this.lanes.set(partition, lane);
      lane.catch(() => this.lanes.delete(partition));
    }
    return lane;
  }

  /** Gives a lane up: after a failed write, or when the partition is another copy's. */
  async close(partition: number): Promise<void> {
    const lane = this.lanes.get(partition);
    this.lanes.delete(partition);
    await lane?.then((opened) => opened.close()).catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.lanes.keys()].map((partition) => this.close(partition)));
    await (await this.admin)?.disconnect().catch(() => undefined);
  }

  private async committed(groupId: string, topics: readonly string[]): Promise<Map<string, bigint>> {
    const admin = await (this.admin ??= this.connectAdmin());
    const found = await admin.fetchOffsets({ groupId, topics: [...new Set(topics)] });
    return new Map(
      found.flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, offset }): [string, bigint] => [`${topic}/${partition}`, BigInt(offset)])
          // What was never committed is told as -1.
          .filter(([, offset]) => offset >= 0n),
      ),
    );
  }

  private async open(partition: number): Promise<FanOutLane> {
    this.admin ??= this.connectAdmin();
    const { kafka, transactionalKafka } = this;
    return FanOutLane.open({ kafka, transactionalKafka, admin: await this.admin }, partition, this.logger);
  }

  private async connectAdmin(): Promise<Admin> {
    const admin = this.kafka.admin();
    await admin.connect();
    return admin;
  }
}
