import type { DataSource } from 'typeorm';

import type { EventOfOrganization } from './redrive.js';

/** The ids of those of the events that the audit has. */
export async function acceptedEvents(
  dataSource: DataSource,
  events: readonly EventOfOrganization[],
): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set();
  const rows = await dataSource.query<{ id: string }[]>(
    `SELECT DISTINCT events.id FROM events
       JOIN unnest($1::uuid[], $2::uuid[]) AS sought (organization_id, id)
         ON events.organization_id = sought.organization_id AND events.id = sought.id`,
    [events.map(({ organizationId }) => organizationId), events.map(({ eventId }) => eventId)],
  );
  return new Set(rows.map(({ id }) => id));
}
