/** What takes turns: it belongs to an organisation. */
interface Participant {
  readonly organizationId: string;
}

/** The order of turns: organisations take turns, and so do the participants of each. */
export class Turns<P extends Participant> {
  private readonly byOrganization = new Map<string, Set<P>>();

  get isEmpty(): boolean {
    return this.byOrganization.size === 0;
  }

  /** Gives a turn to a participant, behind those that wait; one turn at a time. */
  add(participant: P): void {
    const { organizationId } = participant;
    const waiting = this.byOrganization.get(organizationId);
    if (waiting) waiting.add(participant);
    else this.byOrganization.set(organizationId, new Set([participant]));
  }

  /** All that wait for a turn. */
  *[Symbol.iterator](): Generator<P> {
    for (const waiting of this.byOrganization.values()) yield* waiting;
  }

  /** Removes and returns the one whose turn it is; undefined when none waits. */
  next(): P | undefined {
    for (const [organizationId, waiting] of this.byOrganization) {
      this.byOrganization.delete(organizationId);
      for (const participant of waiting) {
        waiting.delete(participant);
        if (waiting.size > 0) this.byOrganization.set(organizationId, waiting);
        return participant;
      }
    }
    return undefined;
  }
}
