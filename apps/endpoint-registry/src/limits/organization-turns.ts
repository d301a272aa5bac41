import { Injectable } from '@nestjs/common';
import { unavailable, withinTime } from '@skillora/rest';

/** So long a request waits for those before it, ms. */
const MOST_WAIT_MS = 10_000;

/**
 * Lets requests of one organisation that lock it (see `lockOrganization`), or an endpoint of it, go one after the other
 * within an instance. They would wait for each other in the database anyway, and each would keep a connection from the
 * other organisations meanwhile. Here they wait without one, and not for long: where the database is away, each of those
 * before takes seconds to fail.
 */
@Injectable()
export class OrganizationTurns {
  /** Resolves when all that came so far has ended, by organisation; none is kept when nothing is under way. */
  private readonly last = new Map<string, Promise<void>>();
  /** See {@link MOST_WAIT_MS}. Only a test sets another. */
  mostWaitMs = MOST_WAIT_MS;

  /**
   * Does the work when everything has ended that was asked for before for the same organisation.
   * @throws {Refusal} 503 when that takes too long; nothing is done then. @throws whatever the work throws.
   */
  inTurn<T>(organizationId: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(organizationId) ?? Promise.resolve();
    const turn = this.after(before, work);
    // Whoever gives up does not let those behind it pass by what is still under way.
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
