import { Controller, Get, UseGuards } from '@nestjs/common';
import { BearerGuard, Operation, RequireScope } from '@skillora/rest';

import { listEventTypes } from './event-type-operations.js';
import { EVENT_TYPES_SHOWN } from './event-types.js';

/** The catalogue of what receivers can get. It is the same for every organisation. */
@Controller('api/v1/event-types')
@UseGuards(BearerGuard)
export class EventTypesController {
  @Get()
  @Operation(listEventTypes)
  @RequireScope('endpoints:read')
  list() {
    return { next: null, previous: null, results: EVENT_TYPES_SHOWN };
  }
}
