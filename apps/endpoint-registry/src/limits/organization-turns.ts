import { Injectable } from '@nestjs/common';

/**
 * Lets requests of one organisation that lock it (see `lockOrganization`) go one after the other within an
 * instance. They would wait for each other in the database anyway, and each would keep a connection from the
 * other organisations meanwhile. Here they wait without one.
 */
@Injectable()
export class OrganizationTurns {
  /** The end of the work that came last, by organisation; none is kept when nothing is under way. */
  private readonly last = new Map<string, Promise<void>>();

  /** Does the work when everything has ended that was asked for before for the same organisation. */
  inTurn<T>(organizationId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(organizationId) ?? Promise.resolve()).then(work);
    const ended: Promise<void> = turn
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.last.get(organizationId) === ended) this.last.delete(organizationId);
      });
    this.last.set(organizationId, ended);
    return turn;
  }
}
