import type { Recovery } from './recovery.entity.js';

/** A recovery as its customer sees it. */
export function presentRecovery(row: Recovery) {
  return {
    id: row.id,
    endpoint_id: row.endpointId,
    what: row.what,
    since: row.since.toISOString(),
    until: row.until.toISOString(),
    event_types: row.eventTypes,
    rate: row.rate,
    include_before_creation: row.includeBeforeCreation,
    dry_run: row.dryRun,
    status: row.status,
    waits_for: row.waitsFor,
    reason: row.reason,
    expected: row.expected,
    sent: row.sent,
    succeeded: row.succeeded,
    failed: row.failed,
    skipped: row.skipped,
    available_from: row.availableFrom?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    ended_at: row.endedAt?.toISOString() ?? null,
  };
}

export type PresentedRecovery = ReturnType<typeof presentRecovery>;
