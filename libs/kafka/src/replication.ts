/** What a topic is made with. */
export interface Replication {
  /** -1: the cluster's own default (KIP-464). */
  readonly factor: number;
  /** How many replicas must have a record before it is acknowledged; null: the cluster's own default. */
  readonly minInsync: number | null;
}

/** What the cluster makes topics with that say nothing of it, as far as it may be known. */
export interface ClusterDefaults {
  readonly factor: number | null;
  readonly minInsync: number | null;
}

const CLUSTER_DEFAULT = -1;

/**
 * With three replicas or more, two must have a record: then none is lost with one broker, and writing goes on without one. With
 * fewer, one: two of two would stop everything with either. A cluster that demands more by itself is not asked for less.
 * @param wanted the number of replicas that is set, or null.
 */
export function replicationOf(wanted: number | null, defaults: ClusterDefaults): Replication {
  const factor = wanted ?? defaults.factor;
  if (factor === null) return { factor: CLUSTER_DEFAULT, minInsync: null };
  const needed = factor >= 3 ? 2 : 1;
  const own = defaults.minInsync ?? needed;
  return {
    factor: wanted ?? CLUSTER_DEFAULT,
    // More than there are replicas can never be in sync.
    minInsync: factor >= 3 ? Math.min(Math.max(needed, own), factor - 1) : needed,
  };
}
