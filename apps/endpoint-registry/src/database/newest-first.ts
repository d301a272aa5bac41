import type { RowsWanted } from '@skillora/rest';

/** A list query over a table that is partitioned by `created_at`. */
export interface NewestFirst {
  readonly table: string;
  readonly columns: string;
  /** Required values of columns; undefined means no condition. */
  readonly equal: Readonly<Record<string, unknown>>;
  /**
   * Required values of columns that are not in the intended index. The condition is written so that no index
   * can serve it. The planner then has no alternative, and does not choose a bad plan for rare values or
   * before it has statistics of a new partition.
   */
  readonly check?: Readonly<Record<string, string | undefined>>;
  /**
   * All values of the columns between those of `equal` and the time in the index. Each combination is a list
   * of its own in the index. A page of each list is read and these are merged, however rare a value is.
   */
  readonly merged: Readonly<Record<string, readonly string[]>>;
  /** Few rows match, and no index has them in order. */
  readonly few?: boolean;
  /** Both exclusive. */
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/**
 * The query of one page, newest first by creation and id, and its parameters. Its cost depends only on the
 * number of rows in the page and that of the lists: the partitions of each are read one after the other, until the page
 * is full.
 */
export function newestFirst(list: NewestFirst, { limit, order, beyond }: RowsWanted): [string, unknown[]] {
  const parameters: unknown[] = [];
  const parameter = (value: unknown): string => `$${parameters.push(value)}`;

  const common: string[] = [];
  for (const [column, value] of Object.entries(list.equal)) {
    if (value !== undefined) common.push(`${column} = ${parameter(value)}`);
  }
  for (const [column, value] of Object.entries(list.check ?? {})) {
    if (value !== undefined) common.push(`${column} IS NOT DISTINCT FROM ${parameter(value)}::uuid`);
  }
  if (list.createdAfter) common.push(`created_at > ${parameter(list.createdAfter)}`);
  if (list.createdBefore) common.push(`created_at < ${parameter(list.createdBefore)}`);
  if (beyond) {
    const [time, id] = [parameter(new Date(beyond.time)), parameter(beyond.id)];
    const side = order === 'DESC' ? '<' : '>';
    // The row comparison finds the position in the index; the comparison of times alone excludes partitions.
    common.push(
      `(created_at, id) ${side} (${time}::timestamptz, ${id}::uuid)`,
      `created_at ${side}= ${time}::timestamptz`,
    );
  }
  // As a number, because the plan for a parameter would assume a limit of a tenth of all rows.
  const page = `ORDER BY created_at ${order}, id ${order} LIMIT ${limit}`;

  const rowsWith = (conditions: readonly string[]): string =>
    `SELECT ${list.columns} FROM ${list.table} WHERE ${[...common, ...conditions].join(' AND ')}`;
  const merged = Object.entries(list.merged);
  if (merged.length === 0) {
    // The offset keeps the planner from walking through the whole list in order to find the few rows.
    const rows = list.few ? `SELECT * FROM (${rowsWith([])} OFFSET 0) AS few` : rowsWith([]);
    return [`${rows} ${page}`, parameters];
  }
  // A branch for each list would have to be planned, over all partitions, which costs far more than to read it.
  // As rows, and not as one array, because PostgreSQL counts them: a prepared page keeps its plan only if it does.
  const values = merged.map(([column, each]) => {
    const rowsOf = each.map((value) => `(${parameter(value)}::text)`).join(', ');
    return `(VALUES ${rowsOf}) AS of_${column} (value)`;
  });
  const rows = rowsWith(merged.map(([column]) => `${column} = of_${column}.value`));
  return [
    `SELECT lists.* FROM ${values.join(' CROSS JOIN ')} CROSS JOIN LATERAL (${rows} ${page}) AS lists ${page}`,
    parameters,
  ];
}
