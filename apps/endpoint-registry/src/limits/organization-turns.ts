import { Injectable } from '@nestjs/common';
import { withinTime } from '@skillora/operability';
import { unavailable } from '@skillora/rest';

/** How long a request waits for earlier ones, ms. */
const MOST_WAIT_MS = 10_000;

/**
 * Makes requests of one organisation that lock it (see `lockOrganization`), or one of its endpoints, go one
 * after the other within an instance. Otherwise they would wait for each other in the database, each with a
 * connection that other organisations need. Here they wait without a connection, and not for long: while the
 * database is down, each earlier request takes seconds to fail.
 */
@Injectable()
export class OrganizationTurns {
  /** Resolves when all earlier work has ended, by organisation; an organisation without work has no entry. */
  private readonly last = new Map<string, Promise<void>>();
  /** See {@link MOST_WAIT_MS}. Only tests set another value. */
  mostWaitMs = MOST_WAIT_MS;

  /**
   * Does the work when all earlier work of the same organisation has ended.
   * @throws {RefusalException} 503 when that takes too long; nothing is done then.
   * @throws whatever the work throws.
   */
  inTurn<T>(organizationId: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(organizationId) ?? Promise.resolve();
    const turn = this.after(before, work);
    // If a request gives up, later ones still wait for the work in progress.
    const ended: Promise<void> = Promise.allSettled([before, turn]).then(() => {
      if (this.last.get(organizationId) === ended) this.last.delete(organizationId);
    });
    this.last.set(organizationId, ended);
    return turn;
  }

  private async after<T>(before: Promise<void>, work: () => Promise<T>): Promise<T> {
    if ((await withinTime(before, this.mostWaitMs)) === 'late') {
      throw unavailable('Too many requests of this organisation are under way. Try again shortly.', 5);
    }
    return work();
  }
}
