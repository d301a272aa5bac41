import { FIRST_REPLAYED_PART } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

/**
 * An event without a report of the fan-out counts as processed after this time, ms: releases that wrote no reports have
 * processed it.
 */
const FAN_OUT_MS = 3_600_000;

/**
 * Finds out how far the fan-out is with the events of an organisation. It processes them in their order, so it has
 * processed all before the newest that it reported.
 * @returns whether it must have processed an event that it has not reported, by the event's acceptance in ms since the epoch.
 */
export async function passedByFanOut(
  manager: EntityManager,
  organizationId: string,
  now: Date,
): Promise<(acceptedAt: number) => boolean> {
  const [row] = await manager.query<{ accepted_at: Date }[]>(
    `SELECT accepted_at FROM fan_outs WHERE organization_id = $1 AND part < ${FIRST_REPLAYED_PART}
      ORDER BY accepted_at DESC LIMIT 1`,
    [organizationId],
  );
  const newest = row?.accepted_at.getTime() ?? -Infinity;
  return (acceptedAt) => acceptedAt < newest || now.getTime() - acceptedAt > FAN_OUT_MS;
}
