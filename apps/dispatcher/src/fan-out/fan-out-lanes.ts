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

  /** Lanes are opened as soon as partitions come, so that the first event does not wait for its ledger. */
  assigned({ gained, lost }: { gained: { partition: number }[]; lost: { partition: number }[] }): void {
    for (const { partition } of lost) void this.close(partition);
    for (const { partition } of gained) this.of(partition).catch(() => undefined);
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
