import { Module } from '@nestjs/common';
import { API_DESCRIPTION, OpenApiController } from '@skillora/rest';

import { REST_API } from './rest-api.js';

/** The documentation of the API, for machines and for people. */
@Module({
  controllers: [OpenApiController],
  providers: [{ provide: API_DESCRIPTION, useValue: REST_API }],
})
export class DocumentationModule {}
