import type { DataSource, EntityManager } from 'typeorm';

import { ChainCheck, type ChainFault } from './chain-check.js';
import { CHANGE_COLUMNS, type ChangeRow, toEntry } from './change-rows.js';

/** The result of checking the chain of an organisation. */
export interface VerifiedChain {
  readonly organizationId: string;
  /** How many entries it has, and the hash of the last, as the organisation's row says. */
  readonly count: number;
  readonly head: string | null;
  readonly faults: readonly ChainFault[];
}

const ROWS_PER_QUERY = 1_000;

/** The organisations there are, in the order of their ids. */
export async function organizationIds(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ id: string }[]>('SELECT id FROM organizations ORDER BY id');
  return rows.map(({ id }) => id);
}

/**
 * Walks the chain of an organisation. It sees the entries and their end as of one moment, and holds nobody up.
 * @returns null when there is no such organisation.
 */
export function verifyChain(dataSource: DataSource, organizationId: string): Promise<VerifiedChain | null> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    const [row] = await manager.query<
      { changes_count: string; changes_hash: Buffer | null; changes_at: Date | null }[]
    >('SELECT changes_count, changes_hash, changes_at FROM organizations WHERE id = $1', [organizationId]);
    if (!row) return null;
    const head = {
      count: Number(row.changes_count),
      hash: row.changes_hash?.toString('hex') ?? null,
      at: row.changes_at?.getTime() ?? null,
    };
    const check = new ChainCheck(organizationId, head);
    const faults: ChainFault[] = [];
    for await (const entry of rowsOf(manager, organizationId)) faults.push(...check.next(toEntry(entry)));
    faults.push(...check.end());
    return { organizationId, count: head.count, head: head.hash, faults };
  });
}

async function* rowsOf(manager: EntityManager, organizationId: string): AsyncGenerator<ChangeRow> {
  for (let last: string | null = null; ;) {
    const rows: ChangeRow[] = await manager.query<ChangeRow[]>(
      `SELECT ${CHANGE_COLUMNS} FROM changes WHERE organization_id = $1 AND ($2::bigint IS NULL OR number > $2)
        ORDER BY number LIMIT ${ROWS_PER_QUERY}`,
      [organizationId, last],
    );
    yield* rows;
    last = rows.at(-1)?.number ?? null;
    if (rows.length < ROWS_PER_QUERY) return;
  }
}
