/** The replication settings of a new topic. */
export interface Replication {
  /** -1: the default of the cluster (KIP-464). */
  readonly factor: number;
  /** How many replicas must have a record before it is acknowledged; null: the default of the cluster. */
  readonly minInsync: number | null;
}

/** The cluster's defaults for new topics, as far as they can be read. */
export interface ClusterDefaults {
  readonly factor: number | null;
  readonly minInsync: number | null;
}

const CLUSTER_DEFAULT = -1;

/**
 * Chooses the replication of new topics. With three replicas or more, two must have a record: then no record
 * is lost with one broker, and writing continues without one. With fewer replicas, one must have it: with two
 * of two, either broker's failure would stop writing. If the cluster's default demands more, it stays.
 * @param wanted the number of replicas from the settings, or null.
 */
export function replicationOf(wanted: number | null, defaults: ClusterDefaults): Replication {
  const factor = wanted ?? defaults.factor;
  if (factor === null) return { factor: CLUSTER_DEFAULT, minInsync: null };
  const needed = factor >= 3 ? 2 : 1;
  const own = defaults.minInsync ?? needed;
  return {
    factor: wanted ?? CLUSTER_DEFAULT,
    // There can never be more in-sync replicas than replicas.
    minInsync: factor >= 3 ? Math.min(Math.max(needed, own), factor - 1) : needed,
  };
}
