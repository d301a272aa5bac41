import type { EntityManager } from 'typeorm';

import type { CancelReason, RecoveryStatus } from './recovery.js';
import { Recovery } from './recovery.entity.js';

/** What ends a recovery. */
export function ended(status: 'done' | 'cancelled', now: Date, reason: CancelReason | null = null) {
  return { status, reason, waitsFor: null, endedAt: now, nextStepAt: now };
}

/**
 * Locks a recovery until the transaction ends, if it still has the status. Somebody may have cancelled it since it was
 * read. A transaction that also locks the organisation does that first.
 */
export async function lockIf(manager: EntityManager, id: string, status: RecoveryStatus): Promise<boolean> {
  const row = await manager.findOne(Recovery, {
    where: { id },
    select: { id: true, status: true },
    lock: { mode: 'pessimistic_write' },
  });
  return row?.status === status;
}

/** The database's clock, which all instances share. */
export async function databaseTime(manager: EntityManager): Promise<Date> {
  const [row] = await manager.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return row?.now ?? new Date();
}

/** A number of ms after a time. */
export function after(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}
