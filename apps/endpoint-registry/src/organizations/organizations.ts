import { randomUUID } from 'node:crypto';

import type { DataSource, EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';

/** An organisation as operators see it. */
export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
  /** How many endpoints it can have; null for the value of MAX_ENDPOINTS. */
  readonly max_endpoints: number | null;
}

const COLUMNS = 'id, name, created_at, max_endpoints';

/** The organisations of this installation. */
export class Organizations {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: ChangeLog,
  ) {}

  /** @param id a UUID; by default one is generated. @returns null when this id exists already. */
  create(author: Author, name: string, id: string = randomUUID()): Promise<OrganizationRow | null> {
    return this.dataSource.transaction((manager) => createOrganization(manager, this.log, author, name, id));
  }

  async find(id: string): Promise<OrganizationRow | null> {
    const [row] = await this.dataSource.query<OrganizationRow[]>(
      `SELECT ${COLUMNS} FROM organizations WHERE id = $1`,
      [id],
    );
    return row ?? null;
  }

  /**
   * Sets how many endpoints an organisation can have; null means the value of MAX_ENDPOINTS. Existing
   * endpoints stay.
   * @returns null when there is no such organisation.
   */
  limitEndpoints(author: Author, id: string, maxEndpoints: number | null): Promise<OrganizationRow | null> {
    const deed = { organizationId: id, action: 'organization.updated', id } as const;
    return this.dataSource.transaction((manager) =>
      this.log.change(manager, author, deed, async () => {
        // For an UPDATE, the driver returns the rows and their number.
        const [[row]] = await manager.query<[OrganizationRow[], number]>(
          `UPDATE organizations SET max_endpoints = $2 WHERE id = $1 RETURNING ${COLUMNS}`,
          [id, maxEndpoints],
        );
        return row ?? null;
      }),
    );
  }

  /** All, newest first. */
  list(): Promise<OrganizationRow[]> {
    return this.dataSource.query<OrganizationRow[]>(
      `SELECT ${COLUMNS} FROM organizations ORDER BY created_at DESC, id`,
    );
  }
}

/** Makes an organisation in a transaction; null when there is one of that id already. */
export async function createOrganization(
  manager: EntityManager,
  log: ChangeLog,
  author: Author,
  name: string,
  id: string,
): Promise<OrganizationRow | null> {
  const deed = { organizationId: id, action: 'organization.created', id } as const;
  return log.change(manager, author, deed, async () => {
    const [row] = await manager.query<OrganizationRow[]>(
      `INSERT INTO organizations (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING ${COLUMNS}`,
      [id, name],
    );
    return row ?? null;
  });
}
