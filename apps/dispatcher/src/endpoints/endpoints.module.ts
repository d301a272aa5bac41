import { Module } from '@nestjs/common';

import { EndpointTable } from './endpoint-table.js';

/** The endpoints of all customers, as fan-out and deliver know them. */
@Module({ providers: [EndpointTable], exports: [EndpointTable] })
export class EndpointsModule {}
