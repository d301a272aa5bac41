import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BatchHandler, type RecordBatch } from '@skillora/kafka';

import { ProjectionHealth } from './projection-health.js';
import { PROJECTED_TOPICS, PROJECTION } from './projection.transport.js';
import { Projector } from './projector.js';

/** Where the log arrives. */
@Controller()
export class ProjectionController {
  constructor(
    private readonly projector: Projector,
    private readonly health: ProjectionHealth,
  ) {}

  /** Rejects when the batch could not be applied; the transport hands it over again until it is. */
  @BatchHandler(PROJECTED_TOPICS, PROJECTION)
  async apply(@Payload() batch: RecordBatch): Promise<void> {
    const part = `${batch.topic}/${batch.partition}`;
    try {
      await this.projector.apply(batch);
      this.health.databaseAnswered();
      this.health.cleared(part);
    } catch (error) {
      this.health.failed(part, error);
      throw error;
    }
  }
}
