import type { MigrationInterface, QueryRunner } from 'typeorm';

import { alterAttempts } from '../alter-in-turn.js';

/** Stores the names of the extra headers of each attempt's request, with spaces between them; null if there were none. */
export class HeadersOfAttempts1764900000210 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await alterAttempts(runner, 'ADD COLUMN header_names text');
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
