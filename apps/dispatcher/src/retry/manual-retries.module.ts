import { Module } from '@nestjs/common';

import { ManualRetries } from './manual-retries.js';

/** The rounds that people have asked for, as deliver and retry know them. */
@Module({ providers: [ManualRetries], exports: [ManualRetries] })
export class ManualRetriesModule {}
