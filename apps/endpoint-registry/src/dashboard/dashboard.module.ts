import { Module } from '@nestjs/common';

import { DashboardController } from './dashboard.controller.js';

/** The page that customers look at. */
@Module({ controllers: [DashboardController] })
export class DashboardModule {}
