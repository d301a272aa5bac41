import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
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
      const { rows } = await queryPrepared<Row>(client, text, values);
      return rows;
    } finally {
      await runner.release();
    }
  }
}

/**
 * Runs a statement that its connection keeps prepared. It must name its columns: PostgreSQL refuses a prepared `SELECT *` or
 * `RETURNING *` on a connection that prepared it before a migration added a column.
 */
export function queryPrepared<Row extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult<Row>> {
  return client.query<Row>({ name: nameOf(text), text, values: [...values] });
}

/** The names that were computed, by text. There are few texts: none depends on values or on the number of rows. */
const names = new Map<string, string>();

/** The same name for the same text: PostgreSQL refuses another text under a known name. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `prepared_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    names.set(text, name);
  }
  return name;
}
