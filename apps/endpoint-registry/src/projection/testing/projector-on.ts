import { createLogger } from '@skillora/operability';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';

import { ProjectionMetrics } from '../projection-metrics.js';
import { Projector } from '../projector.js';
import { partitionsOf } from './projection-database.js';

/** An instance of the projection that has just started. @param holding `FIRST_ATTEMPT_IN_DELIVERY` */
export function projectorOn(
  dataSource: DataSource,
  { holding = true, registry = new Registry() }: { holding?: boolean; registry?: Registry } = {},
): Projector {
  return new Projector(
    dataSource,
    partitionsOf(dataSource),
    new ProjectionMetrics(registry),
    createLogger('projection', 'silent'),
    holding,
  );
}
