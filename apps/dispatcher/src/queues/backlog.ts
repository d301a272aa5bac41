/** How far the queues are behind, for reasons that are not their endpoints'. */
export interface Backlog {
  /** How many pieces of work wait for the limit of all endpoints together, and for nothing else. */
  readonly waiting: number;
  /** How many of them are of the organisation that is asked for. */
  readonly ofOrganization: number;
  /** How many organisations have such work, at least one. */
  readonly organizations: number;
  /** How many began within the last 200 ms. */
  readonly begunLately: number;
  /** How many may be in progress at once. */
  readonly atOnce: number;
}

/** Counts the work of queues that wait for their turn. */
export function waitingIn(
  queues: Iterable<{ readonly organizationId: string; readonly waiting: number }>,
  organizationId: string,
): Pick<Backlog, 'waiting' | 'ofOrganization' | 'organizations'> {
  let [waiting, ofOrganization] = [0, 0];
  const organizations = new Set<string>();
  for (const queue of queues) {
    waiting += queue.waiting;
    if (queue.organizationId === organizationId) ofOrganization += queue.waiting;
    organizations.add(queue.organizationId);
  }
  return { waiting, ofOrganization, organizations: Math.max(1, organizations.size) };
}
