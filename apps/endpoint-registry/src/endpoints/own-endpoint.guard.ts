import { Injectable } from '@nestjs/common';

import { OwnObjectGuard } from '../access/own-object.guard.js';
import { EndpointQueries } from './endpoint-queries.js';

/** Refuses requests for an endpoint that the organisation does not have. */
@Injectable()
export class OwnEndpointGuard extends OwnObjectGuard {
  constructor(protected readonly objects: EndpointQueries) {
    super();
  }
}
