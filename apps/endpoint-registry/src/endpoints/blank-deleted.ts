import type { SecretBox } from '@skillora/signing';
import type { DataSource } from 'typeorm';

const ROWS_PER_TRANSACTION = 200;

/**
 * Erases the URL, description and secrets of endpoints that were deleted before a moment. Their rows stay,
 * because past deliveries refer to them. Each secret is replaced by an encrypted empty one, which every
 * release and `secrets rotate` can open.
 * @returns how many endpoints were changed. Running it again changes nothing.
 */
export async function blankDeletedEndpoints(
  dataSource: DataSource,
  box: SecretBox,
  deletedBefore: Date,
): Promise<number> {
  for (let blanked = 0; ;) {
    const some = await blankSome(dataSource, box, deletedBefore);
    blanked += some;
    if (some < ROWS_PER_TRANSACTION) return blanked;
  }
}

/** Several instances each take different rows. */
function blankSome(dataSource: DataSource, box: SecretBox, deletedBefore: Date): Promise<number> {
  return dataSource.transaction(async (manager) => {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT id FROM endpoints WHERE deleted_at < $1 AND url <> ''
        ORDER BY id LIMIT ${ROWS_PER_TRANSACTION} FOR UPDATE SKIP LOCKED`,
      [deletedBefore],
    );
    await manager.query(
      `UPDATE endpoints AS e SET url = '', description = '', sealed_secret = blank.sealed, former_secrets = '[]'
         FROM unnest($1::uuid[], $2::text[]) AS blank (id, sealed)
        WHERE e.id = blank.id`,
      [rows.map(({ id }) => id), rows.map(({ id }) => box.seal('', id))],
    );
    return rows.length;
  });
}
