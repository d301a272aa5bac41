import type { MigrationInterface, QueryRunner } from 'typeorm';

import { alterAttempts } from '../alter-in-turn.js';

/** Adds the size of each attempt's body; null for attempts of the release before. */
export class RequestBytes1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await alterAttempts(runner, 'ADD COLUMN request_bytes integer');
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
