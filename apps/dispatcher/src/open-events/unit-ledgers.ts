import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AdminOnDemand, KAFKA, TRANSACTIONAL_KAFKA } from '@skillora/kafka';
import { LOGGER, type Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { UnitLedger } from './unit-ledger.js';

/** Opens the ledgers of units. */
@Injectable()
export class UnitLedgers implements OnApplicationShutdown {
  private readonly admin: AdminOnDemand;

  constructor(
    @Inject(KAFKA) private readonly kafka: Kafka,
    @Inject(TRANSACTIONAL_KAFKA) private readonly transactionalKafka: Kafka,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.admin = new AdminOnDemand(kafka);
  }

  /** Takes the ledger of a unit over, see {@link UnitLedger.open}. */
  async open(unit: number): Promise<UnitLedger> {
    const { kafka, transactionalKafka, logger } = this;
    const admin = await this.admin.get();
    return UnitLedger.open({ kafka, transactionalKafka, admin, unit, logger });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.admin.disconnect();
  }
}
