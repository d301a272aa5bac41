import { Inject, Injectable } from '@nestjs/common';
import { Topics } from '@skillora/contracts';
import {
  BatchTransport,
  type BatchTransportOptions,
  KAFKA,
  type ReceivedRecord,
  type TopicPartition,
} from '@skillora/kafka';
import { LOGGER, type Logger, Readiness } from '@skillora/operability';
import type { Kafka } from 'kafkajs';
import { DataSource } from 'typeorm';

import { isFaultOfData, ProjectionDeadLetters } from './projection-dead-letters.js';
import { noteGap } from './log-gaps.js';
import { ProjectionHealth } from './projection-health.js';
import { ProjectionMetrics } from './projection-metrics.js';
import { Projector } from './projector.js';
import { startingPoints } from './starting-points.js';

/** The id of the transport of events and results, and the pattern of its handler. */
export const PROJECTION = Symbol('projection');
export const PROJECTED_TOPICS = 'projected topics';
/** The id of the transport of created deliveries. */
export const CREATIONS = Symbol('projection of creations');

/**
 * The more records a transaction holds, the less it costs for each. The audit may be this far behind an event
 * for that.
 */
const LINGER = { bytes: 1_024 * 1_024, ms: 100 } as const;

interface ProjectionTransportParts {
  readonly kafka: Kafka;
  readonly dataSource: DataSource;
  readonly projector: Projector;
  readonly metrics: ProjectionMetrics;
  readonly health: ProjectionHealth;
  readonly deadLetters: ProjectionDeadLetters;
  readonly logger: Logger;
}

/** Reads one part of the projection's topics, from the position in the database. */
class ProjectionTransport extends BatchTransport {
  constructor(
    parts: ProjectionTransportParts,
    options: Pick<BatchTransportOptions, 'id' | 'groupId' | 'topics' | 'linger'>,
  ) {
    const { kafka, logger, metrics, health } = parts;
    super({
      ...options,
      kafka,
      logger,
      completion: 'batch',
      startingOffsets: (assigned) => begin({ ...parts, groupId: options.groupId }, assigned),
      onGap: (gap) => noteGap(parts.dataSource, gap),
      begin: 'together',
      unhandled: {
        isRecordFault: isFaultOfData,
        putAside: (record, place, error) => putAside(parts, record, place, error),
      },
      onAssignment: ({ lost }) => {
        for (const { topic, partition } of lost) {
          metrics.lost(topic, partition);
          health.cleared(`${topic}/${partition}`);
        }
      },
    });
  }
}

/**
 * The consumers of the projection. Created deliveries have their own consumer, since they are applied a
 * little later: see {@link ProjectionController}.
 */
@Injectable()
export class ProjectionTransports {
  readonly all: readonly BatchTransport[];

  constructor(
    @Inject(KAFKA) kafka: Kafka,
    dataSource: DataSource,
    projector: Projector,
    metrics: ProjectionMetrics,
    health: ProjectionHealth,
    deadLetters: ProjectionDeadLetters,
    @Inject(LOGGER) logger: Logger,
    readiness: Readiness,
  ) {
    const parts = { kafka, dataSource, projector, metrics, health, deadLetters, logger };
    this.all = [
      new ProjectionTransport(parts, {
        id: PROJECTION,
        groupId: 'projection',
        topics: {
          [PROJECTED_TOPICS]: [Topics.events, Topics.fanOuts, Topics.deliveryResults, Topics.endpoints],
        },
        linger: LINGER,
      }),
      new ProjectionTransport(parts, { id: CREATIONS, groupId: 'projection-of-creations' }),
    ];
    readiness.register('projection', () =>
      this.ready ? (health.problem ?? this.problem) : 'waits for Kafka to give it partitions',
    );
  }

  get ready(): boolean {
    return this.all.every(({ ready }) => ready);
  }

  /** Null while all consumers work; else what the first one waits for. */
  get problem(): string | null {
    return this.all.map(({ problem }) => problem).find((problem) => problem !== null) ?? null;
  }
}

/**
 * The log keeps the record, and a rebuild reads it again. The dead letter says that it is missing, and why.
 */
async function putAside(
  { deadLetters, projector, health }: ProjectionTransportParts,
  record: ReceivedRecord,
  place: TopicPartition,
  error: unknown,
): Promise<void> {
  await projector.pass(place, record.offset, () => deadLetters.keep(record, place, error));
  health.cleared(`${place.topic}/${place.partition}`);
}

/** Asks the database where to continue; the transport asks again when there is no answer. */
async function begin(
  { projector, health, ...rest }: ProjectionTransportParts & { readonly groupId: string },
  assigned: readonly TopicPartition[],
): Promise<(TopicPartition & { offset: bigint })[]> {
  try {
    if (assigned.some(({ topic }) => topic === Topics.endpoints)) await projector.closeDeliveriesOfDeleted();
    const points = await startingPoints(rest, assigned);
    for (const point of points) projector.begin(point, point.offset);
    health.databaseAnswered();
    health.cleared('assignment');
    return points;
  } catch (error) {
    health.failed('assignment', error);
    throw error;
  }
}
