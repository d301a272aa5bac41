import { createDatabaseOn } from '@skillora/engines';
import type { DataSource, EntityMetadata } from 'typeorm';

import { openDatabase } from '../projection/testing/projection-database.js';
import { ENTITIES } from './entities.js';

let dataSource: DataSource;

beforeAll(async () => {
  dataSource = await openDatabase(await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? ''));
});

afterAll(() => dataSource.destroy());

interface TableColumn {
  readonly name: string;
  readonly nullable: boolean;
  readonly fills_itself: boolean;
}

function columnsOf({ tableName }: EntityMetadata): Promise<TableColumn[]> {
  return dataSource.query<TableColumn[]>(
    `SELECT column_name AS name, is_nullable = 'YES' AS nullable,
            column_default IS NOT NULL OR is_identity = 'YES' AS fills_itself
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
    [tableName],
  );
}

describe.each(ENTITIES.map((entity) => [entity.name, entity] as const))('the entity %s', (_, entity) => {
  it('has columns of its table alone, null where they may be', async () => {
    const metadata = dataSource.getMetadata(entity);
    const table = new Map((await columnsOf(metadata)).map((column) => [column.name, column]));
    const declared = metadata.columns.map(({ databaseName, isNullable }) => [databaseName, isNullable]);
    expect(declared).toEqual(declared.map(([name]) => [name, table.get(String(name))?.nullable]));
  });

  it('leaves out no column that a new row must have', async () => {
    const metadata = dataSource.getMetadata(entity);
    const declared = new Set(metadata.columns.map(({ databaseName }) => databaseName));
    const demanded = (await columnsOf(metadata)).filter(
      ({ nullable, fills_itself }) => !nullable && !fills_itself,
    );
    expect(demanded.filter(({ name }) => !declared.has(name))).toEqual([]);
  });
});
