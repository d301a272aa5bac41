import type { Column } from './columns.js';
import type { AttemptMade } from './facts.js';

/** What is stored of an attempt. */
export const ATTEMPT_COLUMNS: readonly Column<AttemptMade>[] = [
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

const held = (name: string): string => `first_${name}`;

/** The columns in which a delivery's row holds one attempt, see `docs/decisions/38`; all null if it holds none. */
export const HELD_ATTEMPT_COLUMNS: readonly Column<AttemptMade | null>[] = ATTEMPT_COLUMNS.map(
  ({ name, type, value }) => ({ name: held(name), type, value: (attempt) => attempt && value(attempt) }),
);

/** The names of these columns in a query. */
export const HELD_ATTEMPT = HELD_ATTEMPT_COLUMNS.map(({ name }) => name).join(', ');

/**
 * All attempts of a delivery, as a subquery: those in the table of attempts, and the one in the delivery's row.
 * @param d the name of a row of the same query, with `id`, `created_at` and {@link HELD_ATTEMPT} of the delivery.
 * @param table the table of attempts, if it is not the one in use.
 */
export function attemptsOf(d: string, table = 'attempts'): string {
  const names = ATTEMPT_COLUMNS.map(({ name }) => name);
  return `(SELECT ${names.map((name) => `made.${name}`).join(', ')} FROM ${table} AS made
            WHERE made.delivery_id = ${d}.id AND made.delivery_created_at = ${d}.created_at
           UNION ALL
           SELECT ${names.map((name) => `${d}.${held(name)}`).join(', ')} WHERE ${d}.${held('step')} IS NOT NULL)`;
}
