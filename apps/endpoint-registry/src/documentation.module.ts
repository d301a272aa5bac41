import { Module } from '@nestjs/common';
import { API_DESCRIPTION, OpenApiController } from '@skillora/rest';

import { AsyncApiController } from './event-types/async-api.controller.js';
import { REST_API } from './rest-api.js';

/** The documentation of the API, for machines and for people. */
@Module({
  controllers: [OpenApiController, AsyncApiController],
  providers: [{ provide: API_DESCRIPTION, useValue: REST_API }],
})
export class DocumentationModule {}
