import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';

/**
 * Queries that cost more to plan than to run: each connection keeps their plan. PostgreSQL plans a query anew for its first
 * five values, and goes on doing so when that is cheaper; what reads partitions leaves out those it can when it begins.
 *
 * A plan over twelve lists and fifteen partitions takes 4 MB of each connection that has it, for as long as the connection
 * lives. So this is for the few texts that most ask for, never for every combination of what may be asked for.
 */
@Injectable()
export class PreparedQueries {
  constructor(private readonly dataSource: DataSource) {}

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

/** The same for the same text: another text under a name that is taken would be refused. */
function nameOf(text: string): string {
  return `prepared_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
