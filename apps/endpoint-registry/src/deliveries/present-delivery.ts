import type { Scope } from '@skillora/contracts';

import { readHeaderLines } from '../projection/header-lines.js';
import { attemptNumbers } from './attempt-numbers.js';
import type { AttemptRow, DeliveryRow } from './delivery-queries.js';

/**
 * A delivery as customers see it: its newest attempts are shown, with their numbers over all rounds.
 * @param scopes of the token: the URLs of attempts are for those who may read endpoints.
 */
export function presentDelivery({ attempts, ...row }: DeliveryRow, scopes: readonly Scope[]) {
  const shown = attempts ?? [];
  const numbers = attemptNumbers(
    shown.map(({ number }) => number),
    row.attempt_count - shown.length,
  );
  return {
    id: row.id,
    event_id: row.event_id,
    endpoint_id: row.endpoint_id,
    event_type: row.event_type,
    status: row.status,
    attempt_count: row.attempt_count,
    next_retry_at: row.next_retry_at?.toISOString() ?? null,
    response_status: row.response_status,
    error: row.error,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    delivered_at: row.delivered_at?.toISOString() ?? null,
    attempts: shown.map((attempt, index) => presentAttempt(attempt, numbers[index] ?? 0, scopes)),
  };
}

function presentAttempt(attempt: AttemptRow, number: number, scopes: readonly Scope[]) {
  const { response_body, response_headers, endpoint_version } = attempt;
  const { dns_ms: dns, connect_ms: connect, tls_ms: tls, first_byte_ms: first_byte } = attempt;
  return {
    number,
    trigger: attempt.trigger,
    started_at: new Date(attempt.started_at).toISOString(),
    duration_ms: attempt.duration_ms,
    request_bytes: attempt.request_bytes,
    url: scopes.includes('endpoints:read') ? attempt.url : null,
    endpoint_version,
    remote_address: attempt.remote_address,
    signed_with: attempt.signed_with?.split(' ') ?? null,
    // Of attempts from before phases were recorded nothing is known, which differs from none that took place.
    timings_ms: attempt.number === null ? null : { dns, connect, tls, first_byte },
    response_status: attempt.response_status,
    ...(response_headers === undefined
      ? {}
      : { response_headers: response_headers === null ? null : readHeaderLines(response_headers) }),
    ...(response_body === undefined ? {} : { response_body }),
    error: attempt.error,
    error_detail: attempt.error_detail,
  };
}
