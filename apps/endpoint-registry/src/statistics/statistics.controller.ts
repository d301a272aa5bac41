import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import type { ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, notFound, Operation, RequireScope } from '@skillora/rest';

import { EndpointQueries } from '../endpoints/endpoint-queries.js';
import { presentStatistics } from './present-statistics.js';
import { readStatistics } from './statistics-operation.js';
import { StatisticsQueries } from './statistics-queries.js';
import { readStatisticsRequest, type StatisticsRequest } from './statistics-request.js';
import { StatisticsTurns } from './statistics-turns.js';

/** The route of statistics over time. */
@Controller('api/v1/webhook-stats')
@UseGuards(BearerGuard)
export class StatisticsController {
  constructor(
    private readonly queries: StatisticsQueries,
    private readonly endpoints: EndpointQueries,
    private readonly turns: StatisticsTurns,
  ) {}

  @Get()
  @Operation(readStatistics)
  @RequireScope('deliveries:read')
  read(@Caller() { organizationId }: ApiTokenState, @Query() query: Record<string, unknown>) {
    const request = readStatisticsRequest(query, Date.now());
    return this.turns.run(organizationId, () => this.compute(organizationId, request));
  }

  private async compute(organizationId: string, request: StatisticsRequest) {
    const { endpointId, byEndpoint } = request;
    if (endpointId !== undefined && !(await this.endpoints.everHad(organizationId, endpointId)))
      throw notFound();
    const [buckets, ofEndpoints] = await Promise.all([
      this.queries.buckets(organizationId, request),
      byEndpoint ? this.queries.bucketsByEndpoint(organizationId, request) : null,
    ]);
    return presentStatistics(request, buckets, ofEndpoints);
  }
}
