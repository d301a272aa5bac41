import { Controller } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import { BatchHandler, type RecordBatch } from '@skillora/kafka';

import { DeliverController } from '../deliver/deliver.controller.js';
import { RETRY_TOPICS, RetryController } from '../retry/retry.controller.js';
import { inUnit } from './records-of-unit.js';
import { Units } from './units.js';

/** Injection token of the transport of the units. */
export const UNITS = Symbol('units');

/** Reads the partitions of the units of this instance: events for their engines, the rest for deliver and retry. */
@Controller()
export class UnitsController {
  constructor(
    private readonly units: Units,
    private readonly deliver: DeliverController,
    private readonly retry: RetryController,
  ) {}

  @BatchHandler(Topics.events, UNITS)
  onEvents(batch: RecordBatch): Promise<void> {
    return this.units.take(batch);
  }

  @BatchHandler(Topics.deliveries, UNITS)
  onDeliveries(batch: RecordBatch): Promise<void> {
    return this.deliver.onDeliveries(inUnit(batch));
  }

  @BatchHandler(Topics.slowDeliveries, UNITS)
  onSlowDeliveries(batch: RecordBatch): Promise<void> {
    return this.deliver.onSlowDeliveries(inUnit(batch));
  }

  @BatchHandler(RETRY_TOPICS, UNITS)
  onRetries(batch: RecordBatch): Promise<void> {
    return this.retry.onRetries(inUnit(batch));
  }
}
