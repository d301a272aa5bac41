import { Controller, Get } from '@nestjs/common';
import { Operation } from '@skillora/rest';

import { asyncApiDocument } from './async-api-document.js';
import { readAsyncApi } from './event-type-operations.js';

/** Serves the description of the public topic. It needs no token. */
@Controller('api/v1')
export class AsyncApiController {
  private readonly document = asyncApiDocument();

  @Get('asyncapi.json')
  @Operation(readAsyncApi)
  read() {
    return this.document;
  }
}
