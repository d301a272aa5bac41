/** How far the queues are behind, for reasons that are not their endpoints'. */
export interface Backlog {
  /** How many pieces of work wait for the limit of all endpoints together, and for nothing else. */
  readonly waiting: number;
  /** How many of them are of each organisation that has some. */
  readonly byOrganization: ReadonlyMap<string, number>;
  /** How many began within the last 200 ms. */
  readonly begunLately: number;
  /** How many may be in progress at once. */
  readonly atOnce: number;
}

/** Counts the work of queues that wait for their turn. */
export function waitingIn(
  queues: Iterable<{ readonly organizationId: string; readonly waiting: number }>,
): Pick<Backlog, 'waiting' | 'byOrganization'> {
  let all = 0;
  const byOrganization = new Map<string, number>();
  for (const { organizationId, waiting } of queues) {
    all += waiting;
    byOrganization.set(organizationId, (byOrganization.get(organizationId) ?? 0) + waiting);
  }
  return { waiting: all, byOrganization };
}
