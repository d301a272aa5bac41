import type { SecretBox } from '@skillora/signing';
import { type DataSource, LessThan, Not } from 'typeorm';

import { service } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';
import { lockOrganization } from '../limits/lock-organization.js';
import { Endpoint } from './endpoint.entity.js';

const ROWS_PER_TRANSACTION = 200;
/** Who the log of changes names. */
const BY = service('retention');

/**
 * Erases the URL, description, filter, secrets and extra headers of endpoints that were deleted before a moment. Their
 * rows stay,
 * because past deliveries refer to them. Each secret is replaced by an encrypted empty one, which every
 * release and `secrets rotate` can open.
 * @returns how many endpoints were changed. Running it again changes nothing.
 */
export async function blankDeletedEndpoints(
  dataSource: DataSource,
  log: ChangeLog,
  box: SecretBox,
  deletedBefore: Date,
): Promise<number> {
  const owners = await dataSource.query<{ organization_id: string }[]>(
    "SELECT DISTINCT organization_id FROM endpoints WHERE deleted_at < $1 AND url <> ''",
    [deletedBefore],
  );
  let blanked = 0;
  for (const { organization_id: organizationId } of owners) {
    for (let some = ROWS_PER_TRANSACTION; some === ROWS_PER_TRANSACTION; blanked += some) {
      some = await blankSome(dataSource, log, box, organizationId, deletedBefore);
    }
  }
  return blanked;
}

/** Of several instances the first takes the rows; the others wait for it and find none. */
function blankSome(
  dataSource: DataSource,
  log: ChangeLog,
  box: SecretBox,
  organizationId: string,
  deletedBefore: Date,
): Promise<number> {
  return dataSource.transaction(async (manager) => {
    await lockOrganization(manager, organizationId);
    const rows = await manager.find(Endpoint, {
      select: { id: true },
      where: { organizationId, deletedAt: LessThan(deletedBefore), url: Not('') },
      order: { id: 'ASC' },
      take: ROWS_PER_TRANSACTION,
    });
    const ids = rows.map(({ id }) => id);
    await log.changeAll(manager, BY, { organizationId, action: 'endpoint.blanked', ids }, () =>
      // Each row gets a text of its own, in one statement.
      manager.query(
        `UPDATE endpoints AS e SET url = '', description = '', sealed_secret = blank.sealed, former_secrets = '[]',
                headers = '[]', authentication = NULL, filter = NULL
           FROM unnest($1::uuid[], $2::text[]) AS blank (id, sealed)
          WHERE e.id = blank.id`,
        [ids, ids.map((id) => box.seal('', id))],
      ),
    );
    return ids.length;
  });
}
