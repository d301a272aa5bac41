import type { SecretBox } from '@skillora/signing';
import type { DataSource } from 'typeorm';

const ROWS_PER_TRANSACTION = 200;

/**
 * Takes the URL, description and secrets away from endpoints that were deleted before a moment. Their rows
 * stay: history names them, and retention forgets it in its own time. In the place of its secrets each has an
 * empty one, sealed, which every release and `secrets rotate` can open.
 * @returns how many it took them from. Run again it finds nothing to do.
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

/** Of several instances each takes others. */
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
