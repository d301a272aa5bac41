import { Body, Controller, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { type ApiTokenState } from '@skillora/contracts';
import { BearerGuard, Caller, Operation, RequireScope } from '@skillora/rest';

import { triedFilter, TrialRequest } from './filter-trial-body.js';
import { tryFilter } from './filter-trial-operation.js';
import { EndpointQueries } from './endpoint-queries.js';
import { FilterTrial } from './filter-trial.js';
import { OwnEndpointGuard } from './own-endpoint.guard.js';

/** The route that tries a filter with past events. */
@Controller('api/v1/webhook-endpoints')
@UseGuards(BearerGuard)
export class FilterTrialController {
  constructor(
    private readonly queries: EndpointQueries,
    private readonly trial: FilterTrial,
  ) {}

  @Post(':id/filter/try')
  @Operation(tryFilter)
  @UseGuards(OwnEndpointGuard)
  @HttpCode(200)
  @RequireScope('endpoints:write')
  async try(
    @Caller() { organizationId }: ApiTokenState,
    @Param('id') id: string,
    @Body() body: TrialRequest,
  ) {
    const endpoint = await this.queries.read(organizationId, id);
    const { events, undescribedPaths } = await this.trial.run(endpoint, triedFilter(body, endpoint.events));
    const matched = events.filter((event) => event.matched).length;
    return {
      events: events.length,
      matched,
      filtered: events.length - matched,
      undescribed_paths: undescribedPaths,
      results: events.map((event) => ({
        id: event.id,
        event_type: event.event_type,
        created_at: event.created_at.toISOString(),
        matched: event.matched,
      })),
    };
  }
}
