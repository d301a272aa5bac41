import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { Readiness } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { REGISTRY_SETTINGS, type RegistrySettings } from '../settings.js';
import { migrate } from './data-source.js';
import { reportPools } from './pool-metrics.js';
import { PreparedQueries } from './prepared-queries.js';
import { READING, readingOptions, writingOptions } from './reading.js';

/** How often a start tries to reach the database. */
const CONNECTING = { retryAttempts: 10, retryDelay: 1_000 };

/** The database: connections for the reads of the API, and connections for everything else. */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [REGISTRY_SETTINGS],
      useFactory: ({ databaseUrl, databaseCa }: RegistrySettings) => ({
        ...writingOptions(databaseUrl, databaseCa),
        ...CONNECTING,
      }),
      dataSourceFactory: async (options) => {
        if (!options) throw new Error('no options for the data source');
        return migrate(await new DataSource(options).initialize());
      },
    }),
    TypeOrmModule.forRootAsync({
      name: READING,
      inject: [REGISTRY_SETTINGS],
      useFactory: ({ databaseUrl, databaseCa, queryTimeoutMs }: RegistrySettings) => ({
        ...readingOptions(databaseUrl, databaseCa, queryTimeoutMs),
        ...CONNECTING,
      }),
    }),
  ],
  providers: [PreparedQueries],
  exports: [PreparedQueries],
})
export class DatabaseModule implements OnApplicationBootstrap {
  constructor(
    private readonly writing: DataSource,
    @InjectDataSource(READING) private readonly reading: DataSource,
    private readonly readiness: Readiness,
  ) {}

  onApplicationBootstrap(): void {
    reportPools({ writing: this.writing, reading: this.reading });
    this.readiness.register('database', async () => {
      await this.writing.query('SELECT 1');
      return null;
    });
  }
}
