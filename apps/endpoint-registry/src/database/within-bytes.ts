import type { RowsWanted } from '@skillora/rest';

/** A list in the order of a page, whose rows are to be measured. It has the columns `created_at` and `id`. */
export interface MeasuredList {
  readonly rows: string;
  /** What is taken over of them. */
  readonly columns: string;
  /** How many bytes a row takes at most, as an expression over `rows`. */
  readonly size: string;
  readonly atMost: number;
}

/**
 * The query of those rows from the beginning of a list that together are no larger than so many bytes, and of
 * the first in any case. What is cut off never leaves the database.
 */
export function withinBytes({ rows, columns, size, atMost }: MeasuredList, { order }: RowsWanted): string {
  const soFar = `OVER (ORDER BY created_at ${order}, id ${order} ROWS UNBOUNDED PRECEDING)`;
  return `
  SELECT ${columns}
    FROM (SELECT ${columns}, sum(${size}) ${soFar} AS bytes, row_number() ${soFar} AS place
            FROM (${rows}) AS rows) AS measured
   WHERE bytes <= ${atMost} OR place = 1`;
}

/**
 * The same rows, each with the number of all of them as `found`: what is cut off later is known to be there.
 */
export function counted(rows: string): string {
  return `SELECT rows.*, count(*) OVER ()::integer AS found FROM (${rows}) AS rows`;
}
