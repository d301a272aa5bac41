import { Module } from '@nestjs/common';

import { AccessModule } from '../access/access.module.js';
import { EventTypesController } from './event-types.controller.js';

/** The catalogue of event types. */
@Module({ imports: [AccessModule], controllers: [EventTypesController] })
export class EventTypesModule {}
