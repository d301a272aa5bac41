import { setTimeout as delay } from 'node:timers/promises';

import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Topics } from '@skillora/contracts';
import { BatchHandler, type RecordBatch } from '@skillora/kafka';
import { TRACER, type Tracer } from '@skillora/operability';

import { ProjectionHealth } from './projection-health.js';
import { startProjecting } from './projection-span.js';
import { CREATIONS, PROJECTED_TOPICS, PROJECTION } from './projection.transport.js';
import { Projector } from './projector.js';

/**
 * A delivery is inserted as pending this long after it was created. Most deliveries have a result by then and
 * are inserted once, in their final state, instead of being written twice.
 */
const CREATIONS_LAG_MS = 250;

/** The handlers of the log's records. */
@Controller()
export class ProjectionController {
  constructor(
    private readonly projector: Projector,
    private readonly health: ProjectionHealth,
    @Inject(TRACER) private readonly tracer: Tracer,
  ) {}

  /** Rejects when the batch could not be applied; the transport then hands it over again. */
  @BatchHandler(PROJECTED_TOPICS, PROJECTION)
  async apply(@Payload() batch: RecordBatch): Promise<void> {
    const part = `${batch.topic}/${batch.partition}`;
    const spans =
      this.tracer.isRecording && batch.topic === Topics.deliveryResults
        ? startProjecting(this.tracer, batch)
        : [];
    try {
      await this.projector.apply(batch);
      for (const span of spans) span.end();
      this.health.databaseAnswered();
      this.health.cleared(part);
    } catch (error) {
      this.health.failed(part, error);
      throw error;
    }
  }

  /** Waits until the last of the deliveries is 250 ms old, then works like {@link apply}. */
  @BatchHandler(Topics.deliveries, CREATIONS)
  async applyCreations(@Payload() batch: RecordBatch): Promise<void> {
    const age = Date.now() - (batch.records.at(-1)?.timestamp ?? 0);
    // Clocks differ: a record from the future does not make anyone wait longer.
    if (age < CREATIONS_LAG_MS) await delay(Math.min(CREATIONS_LAG_MS, CREATIONS_LAG_MS - age));
    await this.apply(batch);
  }
}
