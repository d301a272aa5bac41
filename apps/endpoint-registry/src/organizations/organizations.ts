import { randomUUID } from 'node:crypto';

import type { DataSource, EntityManager } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';
import { Organization } from './organization.entity.js';

/** The organisations of this installation. */
export class Organizations {
  constructor(
    private readonly dataSource: DataSource,
    private readonly log: ChangeLog,
  ) {}

  /** @param id a UUID; by default one is generated. @returns null when this id exists already. */
  create(author: Author, name: string, id: string = randomUUID()): Promise<Organization | null> {
    return this.dataSource.transaction((manager) => createOrganization(manager, this.log, author, name, id));
  }

  find(id: string): Promise<Organization | null> {
    return this.dataSource.manager.findOneBy(Organization, { id });
  }

  /**
   * Sets how many endpoints an organisation can have; null means the value of MAX_ENDPOINTS. Existing
   * endpoints stay.
   * @returns null when there is no such organisation.
   */
  limitEndpoints(author: Author, id: string, maxEndpoints: number | null): Promise<Organization | null> {
    const deed = { organizationId: id, action: 'organization.updated', id } as const;
    return this.dataSource.transaction((manager) =>
      this.log.change(manager, author, deed, async () => {
        await manager.update(Organization, { id }, { maxEndpoints });
        return manager.findOneBy(Organization, { id });
      }),
    );
  }

  /** All, newest first. */
  list(): Promise<Organization[]> {
    return this.dataSource.manager.find(Organization, { order: { createdAt: 'DESC', id: 'ASC' } });
  }
}

/** Makes an organisation in a transaction; null when there is one of that id already. */
export async function createOrganization(
  manager: EntityManager,
  log: ChangeLog,
  author: Author,
  name: string,
  id: string,
): Promise<Organization | null> {
  const deed = { organizationId: id, action: 'organization.created', id } as const;
  return log.change(manager, author, deed, async () => {
    const known = await manager.existsBy(Organization, { id });
    if (known) return null;
    await manager.insert(Organization, { id, name });
    return manager.findOneBy(Organization, { id });
  });
}
