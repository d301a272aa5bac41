import type { RowsWanted } from '@skillora/rest';

/** A list in the order of a page, whose rows are measured. It has the columns `created_at` and `id`. */
export interface MeasuredList {
  readonly rows: string;
  /** The selected columns of the rows. */
  readonly columns: string;
  /** The maximum size of a row in bytes, as an expression over `rows`. */
  readonly size: string;
  readonly atMost: number;
}

/**
 * The query of the first rows of a list that together are not larger than a number of bytes, and at least of
 * the first row. The other rows never leave the database.
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
 * The same rows, each with the total number of rows as `found`, so that the caller knows whether rows were
 * left out.
 */
export function counted(rows: string): string {
  return `SELECT rows.*, count(*) OVER ()::integer AS found FROM (${rows}) AS rows`;
}
