import { Module } from '@nestjs/common';

import { LimitsModule } from '../limits/limits.module.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import { OnceByKey } from './once-by-key.js';

/** Requests with idempotency keys: each is done once, and its answer is kept. */
@Module({
  imports: [LimitsModule],
  providers: [IdempotencyKeys, OnceByKey],
  exports: [IdempotencyKeys, OnceByKey],
})
export class IdempotencyModule {}
