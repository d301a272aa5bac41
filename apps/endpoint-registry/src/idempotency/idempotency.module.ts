import { Module } from '@nestjs/common';

import { IdempotencyKeys } from './idempotency-keys.js';

/** Answers that are kept under the idempotency keys of their requests. */
@Module({ providers: [IdempotencyKeys], exports: [IdempotencyKeys] })
export class IdempotencyModule {}
