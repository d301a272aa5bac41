import type { MigrationInterface, QueryRunner } from 'typeorm';

import { alterInTurn } from '../alter-in-turn.js';

/**
 * Lets the row of a delivery hold its first attempt, see `docs/decisions/38`: the columns of an attempt, all null
 * if the row holds none. Columns of fixed length come first, as in the table of attempts.
 */
export class AttemptsInDeliveries1764900000800 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await alterInTurn(
      runner,
      'deliveries',
      `ADD COLUMN first_started_at timestamptz(3), ADD COLUMN first_round integer, ADD COLUMN first_step integer,
       ADD COLUMN first_duration_ms integer, ADD COLUMN first_response_status integer,
       ADD COLUMN first_request_bytes integer, ADD COLUMN first_number integer,
       ADD COLUMN first_endpoint_version integer, ADD COLUMN first_dns_ms integer, ADD COLUMN first_connect_ms integer,
       ADD COLUMN first_tls_ms integer, ADD COLUMN first_first_byte_ms integer, ADD COLUMN first_trigger text,
       ADD COLUMN first_response_body text, ADD COLUMN first_error text, ADD COLUMN first_error_detail text,
       ADD COLUMN first_remote_address text, ADD COLUMN first_signed_with text, ADD COLUMN first_url text,
       ADD COLUMN first_header_names text, ADD COLUMN first_response_headers text`,
    );
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
