/** The length of what follows the seconds of a time in ISO 8601. */
const MS_AND_ZONE = '.000Z'.length;

/** A column to write: its name and type in PostgreSQL, and its value. Times are ms since the epoch. */
export interface Column<T> {
  readonly name: string;
  readonly type: 'uuid' | 'text' | 'integer' | 'bigint' | 'boolean' | 'timestamptz';
  readonly value: (row: T) => string | number | boolean | null;
}

/** The columns' names, for a statement. */
export function names(columns: readonly Column<never>[]): string {
  return columns.map(({ name }) => name).join(', ');
}

/**
 * One array parameter for each column, numbered from `first`, as `unnest` takes them. So a statement has as
 * many parameters as columns, whatever the number of rows.
 */
export function parameters(columns: readonly Column<never>[], first = 1): string {
  return columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ');
}

/** The values of {@link parameters}. */
export function values<T>(columns: readonly Column<T>[], rows: readonly T[]): unknown[] {
  return columns.map(({ type, value }) => {
    const column = rows.map(value);
    return type === 'text' ? column : unquotedArray(type === 'timestamptz' ? isoTimes(column) : column);
  });
}

/**
 * An array in PostgreSQL's notation. Only text needs quotes; the driver quotes everything, which would be
 * most of a statement's cost.
 */
function unquotedArray(column: readonly (string | number | boolean | null)[]): string {
  return `{${column.map((value) => value ?? 'NULL').join(',')}}`;
}

/** The times of a column often lie in one second, whose text is made once. */
function isoTimes(column: readonly (string | number | boolean | null)[]): (string | null)[] {
  let second = NaN;
  let text = '';
  return column.map((ms) => {
    if (typeof ms !== 'number') return null;
    const itsSecond = Math.floor(ms / 1_000);
    if (itsSecond !== second) {
      second = itsSecond;
      text = new Date(second * 1_000).toISOString().slice(0, -MS_AND_ZONE);
    }
    return `${text}.${String(Math.floor(ms) - second * 1_000).padStart(3, '0')}Z`;
  });
}
