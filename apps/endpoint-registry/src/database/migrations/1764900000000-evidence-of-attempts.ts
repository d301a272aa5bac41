import type { MigrationInterface, QueryRunner } from 'typeorm';

import { alterAttempts } from '../alter-in-turn.js';

/**
 * Adds the evidence of each attempt; null for attempts of the release before. Columns of fixed length come
 * first: behind a text they would be aligned, which costs up to three bytes. `response_headers` has one line
 * for each header; `signed_with` has fingerprints with spaces between them.
 */
export class EvidenceOfAttempts1764900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await alterAttempts(
      runner,
      `ADD COLUMN number integer, ADD COLUMN endpoint_version integer, ADD COLUMN dns_ms integer,
       ADD COLUMN connect_ms integer, ADD COLUMN tls_ms integer, ADD COLUMN first_byte_ms integer,
       ADD COLUMN remote_address text, ADD COLUMN signed_with text, ADD COLUMN url text,
       ADD COLUMN response_headers text`,
    );
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
