import { canonicalEventSchema, recordHeaders, Topics } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import { writeOutbox } from '../outbox/outbox.js';
import { canonicalNotice, type Notice, noticeCloudEvent } from './notices.js';

const CLOUD_EVENT_HEADERS = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };

/**
 * Writes notices to the outbox: as events for endpoints, and as CloudEvents for the public topic. A notice that the log
 * has already is left out: after a restoration of the database, what was announced is known from the log alone.
 */
export async function writeNotices(
  manager: EntityManager,
  notices: readonly Notice[],
  now: Date,
): Promise<void> {
  const written: Notice[] = [];
  for (const notice of notices) {
    if (!(await isInLog(manager, notice))) written.push(notice);
  }
  await writeOutbox(
    manager,
    written.flatMap((notice) => [
      {
        topic: Topics.events,
        key: notice.organizationId,
        headers: recordHeaders(canonicalEventSchema),
        value: canonicalEventSchema.encode(canonicalNotice(notice, now)),
      },
      {
        topic: Topics.notices,
        key: notice.organizationId,
        headers: CLOUD_EVENT_HEADERS,
        value: Buffer.from(JSON.stringify(noticeCloudEvent(notice))),
      },
    ]),
  );
}

async function isInLog(manager: EntityManager, { organizationId, id }: Notice): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'SELECT FROM events WHERE organization_id = $1 AND id = $2 LIMIT 1',
    [organizationId, id],
  );
  return rows.length > 0;
}
