import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';

import { READING } from './reading.js';

/**
 * Runs queries that cost more to plan than to execute. They are prepared, so each connection can keep their
 * plan. PostgreSQL plans the first five executions separately, and later uses one generic plan unless
 * separate plans are cheaper. A generic plan over partitions excludes partitions when execution starts.
 *
 * Each connection keeps its plans for as long as it lives. So use this only for the few most frequent queries, and not for
 * every combination of filters.
 */
@Injectable()
export class PreparedQueries {
  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /** @throws what the driver throws. */
  async query<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      const { rows } = await client.query<Row>({ name: nameOf(text), text, values: [...values] });
      return rows;
    } finally {
      await runner.release();
    }
  }
}

/** The same name for the same text: PostgreSQL refuses another text under a known name. */
function nameOf(text: string): string {
  return `prepared_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
