import type { DataSource } from 'typeorm';

import type { Author } from '../changes/author.js';
import type { ChangeLog } from '../changes/change-log.js';
import type { Fields } from '../changes/entry.js';

/**
 * Enters a redrive into the log of changes of each organisation that it concerns. A dead letter can name an
 * organisation that does not exist; it has no log.
 */
export class RedriveEntries {
  private readonly entered = new Set<string>();

  /** @param shown what the entry says of the redrive. */
  constructor(
    private readonly dataSource: DataSource,
    private readonly by: { readonly log: ChangeLog; readonly author: Author },
    private readonly shown: Fields,
  ) {}

  /** Writes the entry, unless it was written before. */
  async enter(organizationId: string): Promise<void> {
    if (this.entered.has(organizationId)) return;
    const { log, author } = this.by;
    await this.dataSource.transaction(async (manager) => {
      const known = await manager.query<unknown[]>('SELECT 1 FROM organizations WHERE id = $1', [
        organizationId,
      ]);
      if (known.length === 0) return;
      const deed = {
        organizationId,
        action: 'organization.dead_letters_redriven',
        id: organizationId,
      } as const;
      await log.act(manager, author, deed, () =>
        Promise.resolve({ result: null, shown: { before: null, after: this.shown } }),
      );
    });
    this.entered.add(organizationId);
  }
}
