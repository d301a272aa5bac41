import { Injectable } from '@nestjs/common';

import { OwnObjectGuard } from '../access/own-object.guard.js';
import { EventQueries } from '../events/event-queries.js';

/** Refuses requests for an event that the organisation does not have. An event that was accepted just now is waited for. */
@Injectable()
export class OwnEventGuard extends OwnObjectGuard {
  constructor(protected readonly objects: EventQueries) {
    super();
  }
}
