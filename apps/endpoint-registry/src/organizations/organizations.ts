import { randomUUID } from 'node:crypto';

import type { DataSource } from 'typeorm';

/** An organisation as operators see it. */
export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly created_at: Date;
}

const COLUMNS = 'id, name, created_at';

/** The organisations whose events and endpoints this installation keeps. */
export class Organizations {
  constructor(private readonly dataSource: DataSource) {}

  /** @param id a UUID; one is made up where none is given. @returns null when there is one of that id already. */
  async create(name: string, id: string = randomUUID()): Promise<OrganizationRow | null> {
    const [row] = await this.dataSource.query<OrganizationRow[]>(
      `INSERT INTO organizations (id, name) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING ${COLUMNS}`,
      [id, name],
    );
    return row ?? null;
  }

  async find(id: string): Promise<OrganizationRow | null> {
    const [row] = await this.dataSource.query<OrganizationRow[]>(
      `SELECT ${COLUMNS} FROM organizations WHERE id = $1`,
      [id],
    );
    return row ?? null;
  }

  /** All, newest first. */
  list(): Promise<OrganizationRow[]> {
    return this.dataSource.query<OrganizationRow[]>(
      `SELECT ${COLUMNS} FROM organizations ORDER BY created_at DESC, id`,
    );
  }
}
