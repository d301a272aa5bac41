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

  /** Where to read on in the partitions whose ledgers tell it: what is done is said there, with what was made of it. */
  async startingOffsets<P extends { readonly partition: number }>(
    assigned: readonly P[],
  ): Promise<(P & { offset: bigint })[]> {
    const positions = await Promise.all(
      assigned.map(async (each) => ({ each, offset: (await this.of(each.partition)).nextOffset })),
    );
    return positions.flatMap(({ each, offset }) => (offset === null ? [] : [{ ...each, offset }]));
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
