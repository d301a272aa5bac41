import { setTimeout as delay } from 'node:timers/promises';

import { Topics } from '@skillora/contracts';
import { BatchTransport, type TopicPartition } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';
import type { DataSource } from 'typeorm';

import type { ProjectionHealth } from './projection-health.js';
import type { ProjectionMetrics } from './projection-metrics.js';
import type { Projector } from './projector.js';
import { startingPoints } from './starting-points.js';

/** The id of the projection's transport, and the pattern of its handler. */
export const PROJECTION = Symbol('projection');
export const PROJECTED_TOPICS = 'projected topics';

const GROUP_ID = 'projection';
const MAX_BACKOFF_MS = 5_000;

export interface ProjectionTransportParts {
  readonly kafka: Kafka;
  readonly dataSource: DataSource;
  readonly projector: Projector;
  readonly metrics: ProjectionMetrics;
  readonly health: ProjectionHealth;
  readonly logger: Logger;
}

/** Reads what the projection is made of, from where the database says. */
export class ProjectionTransport extends BatchTransport {
  constructor(parts: ProjectionTransportParts) {
    const { kafka, logger, metrics, health } = parts;
    super({
      id: PROJECTION,
      kafka,
      groupId: GROUP_ID,
      logger,
      completion: 'batch',
      topics: {
        [PROJECTED_TOPICS]: [Topics.events, Topics.deliveries, Topics.deliveryResults, Topics.endpoints],
      },
      startingOffsets: (assigned) => begin(parts, assigned),
      onAssignment: ({ lost }) => {
        for (const { topic, partition } of lost) {
          metrics.lost(topic, partition);
          health.cleared(`${topic}/${partition}`);
        }
      },
    });
  }
}

/** Waits for the database as long as it takes: the transport cannot read on without an answer. */
async function begin(
  { projector, health, ...rest }: ProjectionTransportParts,
  assigned: readonly TopicPartition[],
): Promise<(TopicPartition & { offset: bigint })[]> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (assigned.some(({ topic }) => topic === Topics.endpoints))
        await projector.closeDeliveriesOfDeleted();
      const points = await startingPoints(rest, assigned);
      for (const point of points) projector.begin(point, point.offset);
      health.databaseAnswered();
      health.cleared('assignment');
      return points;
    } catch (error) {
      health.failed('assignment', error);
      rest.logger.error({ err: error, attempt }, 'where the projection stands cannot be read; trying again');
      await delay(Math.min(MAX_BACKOFF_MS, 100 * 2 ** attempt), undefined, { ref: false });
    }
  }
}
