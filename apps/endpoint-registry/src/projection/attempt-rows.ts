import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { type Column, names, parameters, values } from './columns.js';
import { type DeliveryKey, keyText } from './delivery-rows.js';
import type { AttemptMade } from './facts.js';

/** An attempt and its delivery. */
export interface AttemptRow extends AttemptMade {
  readonly delivery: DeliveryKey;
}

const COLUMNS: readonly Column<AttemptRow>[] = [
  { name: 'delivery_id', type: 'uuid', value: ({ delivery }) => delivery.id },
  { name: 'delivery_created_at', type: 'timestamptz', value: ({ delivery }) => delivery.createdAt },
  { name: 'round', type: 'integer', value: (attempt) => attempt.round },
  { name: 'step', type: 'integer', value: (attempt) => attempt.step },
  { name: 'trigger', type: 'text', value: (attempt) => attempt.trigger },
  { name: 'started_at', type: 'timestamptz', value: (attempt) => attempt.startedAt },
  { name: 'duration_ms', type: 'integer', value: (attempt) => attempt.durationMs },
  { name: 'response_status', type: 'integer', value: (attempt) => attempt.responseStatus },
  { name: 'response_body', type: 'text', value: (attempt) => attempt.responseBody },
  { name: 'error', type: 'text', value: (attempt) => attempt.error },
  { name: 'error_detail', type: 'text', value: (attempt) => attempt.errorDetail },
  { name: 'request_bytes', type: 'integer', value: (attempt) => attempt.requestBytes },
  { name: 'number', type: 'integer', value: (attempt) => attempt.number },
  { name: 'endpoint_version', type: 'integer', value: (attempt) => attempt.endpointVersion },
  { name: 'dns_ms', type: 'integer', value: (attempt) => attempt.dnsMs },
  { name: 'connect_ms', type: 'integer', value: (attempt) => attempt.connectMs },
  { name: 'tls_ms', type: 'integer', value: (attempt) => attempt.tlsMs },
  { name: 'first_byte_ms', type: 'integer', value: (attempt) => attempt.firstByteMs },
  { name: 'remote_address', type: 'text', value: (attempt) => attempt.remoteAddress },
  { name: 'signed_with', type: 'text', value: (attempt) => attempt.signedWith },
  { name: 'url', type: 'text', value: (attempt) => attempt.url },
  { name: 'header_names', type: 'text', value: (attempt) => attempt.headerNames },
  { name: 'response_headers', type: 'text', value: (attempt) => attempt.responseHeaders },
];

/**
 * Adds attempts that do not exist yet. Of several with the same name the first one counts.
 * @returns the added attempts.
 */
export async function addAttempts<T extends AttemptRow>(
  client: PoolClient,
  attempts: readonly T[],
): Promise<T[]> {
  if (attempts.length === 0) return [];
  const first = new Map<string, T>();
  for (const each of attempts) {
    const name = nameOf(each.delivery, each.round, each.step);
    if (!first.has(name)) first.set(name, each);
  }
  const { rows } = await queryPrepared<{
    delivery_id: string;
    delivery_created_at: Date;
    round: number;
    step: number;
  }>(
    client,
    `INSERT INTO attempts (${names(COLUMNS)}) SELECT * FROM unnest(${parameters(COLUMNS)})
     ON CONFLICT (delivery_id, delivery_created_at, round, step) DO NOTHING
     RETURNING delivery_id, delivery_created_at, round, step`,
    values(COLUMNS, [...first.values()]),
  );
  return rows.flatMap(({ delivery_id: id, delivery_created_at, round, step }) => {
    const added = first.get(nameOf({ id, createdAt: delivery_created_at.getTime() }, round, step));
    return added ?? [];
  });
}

function nameOf(delivery: DeliveryKey, round: number, step: number): string {
  return `${keyText(delivery)}/${round}/${step}`;
}
