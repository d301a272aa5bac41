import type { MigrationInterface, QueryRunner } from 'typeorm';

import { alterInTurn } from '../alter-in-turn.js';

/**
 * Stores which deliveries the fan-out did not make, because the filter of the endpoint left the event out. There are
 * none of the release before. A constant as the default rewrites nothing.
 */
export class FilteredEndpoints1764900000310 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await alterInTurn(
      runner,
      'fan_outs',
      `ADD COLUMN filtered_delivery_ids uuid[] NOT NULL DEFAULT '{}',
       ADD COLUMN filtered_endpoint_ids uuid[] NOT NULL DEFAULT '{}'`,
    );
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
