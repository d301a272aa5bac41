import type { RowsWanted } from '@skillora/rest';

/** The conditions of a list query, each with its parameter; what is undefined is no condition. */
export class Conditions {
  private readonly texts: string[] = [];
  private readonly parameters: unknown[] = [];

  constructor(private readonly table: string) {}

  equal(column: string, value: unknown): this {
    return this.compare(column, '=', value);
  }

  /** After the one and before the other, both exclusive. */
  createdWithin(after: Date | undefined, before: Date | undefined): this {
    return this.compare('created_at', '>', after).compare('created_at', '<', before);
  }

  /** The query of a page, newest first by creation and id, and its parameters. */
  page(select: string, { limit, order, beyond }: RowsWanted): [string, unknown[]] {
    const place = `(${this.table}.created_at, ${this.table}.id)`;
    if (beyond) {
      const [time, id] = [this.parameter(new Date(beyond.time)), this.parameter(beyond.id)];
      this.texts.push(`${place} ${order === 'DESC' ? '<' : '>'} (${time}::timestamptz, ${id}::uuid)`);
    }
    const text = `${select} WHERE ${this.texts.join(' AND ')}
      ORDER BY ${this.table}.created_at ${order}, ${this.table}.id ${order} LIMIT ${this.parameter(limit)}`;
    return [text, this.parameters];
  }

  private compare(column: string, operator: string, value: unknown): this {
    if (value !== undefined) this.texts.push(`${this.table}.${column} ${operator} ${this.parameter(value)}`);
    return this;
  }

  private parameter(value: unknown): string {
    return `$${this.parameters.push(value)}`;
  }
}
