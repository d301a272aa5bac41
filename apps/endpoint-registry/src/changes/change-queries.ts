import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { MAX_PAGE_BYTES, type PageRequest, type RowsFound, rowsWanted } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { newestFirst } from '../database/newest-first.js';
import { READING } from '../database/reading.js';
import { counted, withinBytes } from '../database/within-bytes.js';
import { CHANGE_COLUMNS, type ChangeRow } from './change-rows.js';
import { type Action, ACTIONS, type ObjectType, objectTypeOf } from './entry.js';

export interface ChangeFilter {
  readonly objectId?: string | undefined;
  readonly objectType?: ObjectType | undefined;
  readonly actorId?: string | undefined;
  readonly action?: Action | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

type FoundRow = ChangeRow & { readonly found: number };

/** What an entry takes of a page beside what was before and after, bytes, and a little more: names have 200 characters. */
const ROW_BYTES = 2_048;

/** Reads the log of changes of one organisation; those of others are not there. */
@Injectable()
export class ChangeQueries {
  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /** What of a list fits into a page. */
  async list(organizationId: string, filter: ChangeFilter, page: PageRequest): Promise<RowsFound<ChangeRow>> {
    const wanted = rowsWanted(page);
    const [list, parameters] = newestFirst(
      {
        table: 'changes',
        columns: CHANGE_COLUMNS,
        ...indexed(organizationId, filter),
        createdAfter: filter.createdAfter,
        createdBefore: filter.createdBefore,
      },
      wanted,
    );
    const fitting = withinBytes(
      {
        rows: counted(list),
        columns: `${CHANGE_COLUMNS}, found`,
        size: `${ROW_BYTES} + coalesce(octet_length(before::text), 0) + coalesce(octet_length(after::text), 0)`,
        atMost: MAX_PAGE_BYTES,
      },
      wanted,
    );
    const { order } = wanted;
    const text = `${fitting} ORDER BY created_at ${order}, id ${order}`;
    const rows = await this.dataSource.query<FoundRow[]>(text, parameters);
    return { rows, found: rows[0]?.found ?? 0 };
  }

  /** Whether the organisation has such an object, or had, or something was done to it. */
  async knowsObject(organizationId: string, id: string): Promise<boolean> {
    if (id === organizationId) return true;
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM changes WHERE object_id = $1 AND organization_id = $2
       UNION ALL SELECT 1 FROM endpoints WHERE id = $1 AND organization_id = $2
       UNION ALL SELECT 1 FROM api_tokens WHERE id = $1 AND organization_id = $2
       UNION ALL SELECT 1 FROM deliveries WHERE id = $1 AND organization_id = $2
       UNION ALL SELECT 1 FROM events WHERE id = $1 AND organization_id = $2 LIMIT 1`,
      [id, organizationId],
    );
    return rows.length > 0;
  }

  /** Whether the organisation has or had such a token. */
  async knowsActor(organizationId: string, id: string): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM api_tokens WHERE id = $1 AND organization_id = $2
       UNION ALL SELECT 1 FROM changes WHERE actor_id = $1 AND organization_id = $2 LIMIT 1`,
      [id, organizationId],
    );
    return rows.length > 0;
  }
}

/**
 * The index that serves a list: of the object, which has few entries; of the actor; or of the organisation. The last
 * two have the entries of each action apart.
 */
function indexed(organizationId: string, { objectId, objectType, actorId, action }: ChangeFilter) {
  const fitting = ACTIONS.filter(
    (each) => (action ?? each) === each && (objectType ?? objectTypeOf(each)) === objectTypeOf(each),
  );
  // Where no action is of the type asked for there is none to be found, and a list must have a branch.
  const merged = { action: fitting.length > 0 ? fitting : [''] };
  const check = { organization_id: organizationId };
  if (objectId !== undefined) {
    const isAny = fitting.length === ACTIONS.length;
    const byActor = { ...check, actor_id: actorId };
    return { equal: { object_id: objectId }, check: byActor, merged: isAny ? {} : merged };
  }
  return actorId === undefined
    ? { equal: { organization_id: organizationId }, merged }
    : { equal: { actor_id: actorId }, check, merged };
}
