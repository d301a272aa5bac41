import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { EndpointsModule } from '../endpoints/endpoints.module.js';
import { BucketRetention } from './bucket-retention.js';
import { StatisticsQueries } from './statistics-queries.js';
import { StatisticsController } from './statistics.controller.js';
import { StatisticsTurns } from './statistics-turns.js';

/** Statistics over time. */
@Module({
  imports: [AccessModule, EndpointsModule],
  controllers: [StatisticsController],
  providers: [BucketRetention, StatisticsQueries, StatisticsTurns],
})
export class StatisticsModule {}
