import type { SecretBox } from '@skillora/signing';
import { type DataSource, type EntityManager, MoreThan } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';
import { LEAST_ID } from '../database/least-id.js';
import { lockOrganization } from '../limits/lock-organization.js';
import { announceEndpoint } from './announce-endpoint.js';
import { Endpoint } from './endpoint.entity.js';
import { unexpired } from './former-secrets.js';
import { resealedOptions, sealedTexts } from './sealed-options.js';

const ROWS_PER_TRANSACTION = 200;

type SealedRow = Pick<
  Endpoint,
  'id' | 'sealedSecret' | 'formerSecrets' | 'headers' | 'authentication' | 'deletedAt'
>;

/**
 * Encrypts every stored endpoint secret with the newest key, and announces the endpoints to the dispatchers.
 */
export class SecretRotation {
  constructor(
    private readonly dataSource: DataSource,
    private readonly box: SecretBox,
    private readonly log: ChangeLog,
    private readonly author: Author,
  ) {}

  /** How many endpoints hold a secret sealed with each key, by the key's id. */
  async usage(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.dataSource.query<{ key_id: string; endpoints: string }[]>(
      `SELECT split_part(s.sealed, '.', 2) AS key_id, count(DISTINCT e.id) AS endpoints
         FROM endpoints e
        CROSS JOIN LATERAL (SELECT e.sealed_secret AS sealed
                            UNION ALL SELECT f ->> 'sealedSecret' FROM jsonb_array_elements(e.former_secrets) f
                            UNION ALL SELECT h ->> 'sealedValue' FROM jsonb_array_elements(e.headers) h
                            UNION ALL SELECT a.value FROM jsonb_each_text(e.authentication) a
                                       WHERE starts_with(a.key, 'sealed')) s
        GROUP BY 1`,
    );
    return new Map(rows.map(({ key_id, endpoints }) => [key_id, Number(endpoints)]));
  }

  /**
   * Encrypts again what is not encrypted with the newest key, and removes former secrets that have expired.
   * An endpoint and its record for Kafka change in one transaction. An interrupted rotation continues where
   * it stopped.
   * @returns how many endpoints changed.
   * @throws {SealedSecretError} when a secret cannot be opened; earlier ones are done.
   */
  async rotate(): Promise<number> {
    let changed = 0;
    const owners = await this.dataSource.query<{ organization_id: string }[]>(
      'SELECT DISTINCT organization_id FROM endpoints ORDER BY 1',
    );
    for (const { organization_id } of owners) changed += await this.rotateOf(organization_id);
    return changed;
  }

  private async rotateOf(organizationId: string): Promise<number> {
    let [changed, after] = [0, LEAST_ID];
    for (;;) {
      const ids = await this.dataSource.transaction(async (manager) => {
        await lockOrganization(manager, organizationId);
        const rows: SealedRow[] = await manager.find(Endpoint, {
          select: {
            id: true,
            sealedSecret: true,
            formerSecrets: true,
            headers: true,
            authentication: true,
            deletedAt: true,
          },
          where: { organizationId, id: MoreThan(after) },
          order: { id: 'ASC' },
          take: ROWS_PER_TRANSACTION,
          lock: { mode: 'for_no_key_update' },
        });
        const found = rows.map(({ id }) => id);
        const deed = { organizationId, action: 'endpoint.secret_resealed', ids: found } as const;
        await this.log.changeAll(manager, this.author, deed, async () => {
          for (const row of rows) if (await this.reseal(manager, row)) changed += 1;
        });
        return found;
      });
      after = ids.at(-1) ?? after;
      if (ids.length < ROWS_PER_TRANSACTION) return changed;
    }
  }

  private async reseal(manager: EntityManager, row: SealedRow): Promise<boolean> {
    const former = unexpired(row.formerSecrets, new Date());
    const isCurrent = [
      row.sealedSecret,
      ...former.map(({ sealedSecret }) => sealedSecret),
      ...sealedTexts(row),
    ].every((sealed) => this.box.isCurrent(sealed));
    if (isCurrent && former.length === row.formerSecrets.length) return false;
    const anew = (sealed: string): string => this.box.seal(this.box.open(sealed, row.id), row.id);
    await manager.update(
      Endpoint,
      { id: row.id },
      {
        sealedSecret: anew(row.sealedSecret),
        formerSecrets: former.map(({ sealedSecret, ...rest }) => ({
          ...rest,
          sealedSecret: anew(sealedSecret),
        })),
        ...resealedOptions(this.box, row.id, row),
      },
    );
    if (row.deletedAt === null) await announceEndpoint(manager, row.id);
    return true;
  }
}
