/** The transactional ids of one unit. */
export interface TransactionalIds {
  /** The id of its transactions. */
  readonly own: string;
  /** Ids of other releases for the same partitions. A unit takes them over too, which fences their owners. */
  readonly others: readonly string[];
}

/**
 * The transactional ids of a unit, for the release that runs beside the one with `fan-out-<n>`.
 *
 * Its transactions have the first id of the fan-out. So an instance with two hops that takes the events over
 * fences the unit at once, as the unit fences that instance. With an id of its own it would not hear of it, and both would
 * deliver. A release that runs beside units only writes as `unit-<n>`, which is therefore taken over as well. The other
 * topics of the number keep the ids of two hops, each its own: see `UnitsModule`.
 */
export function transactionalIds(unit: number): TransactionalIds {
  return { own: `fan-out-${unit}`, others: [`fan-out-${unit}-alternate`, `unit-${unit}`] };
}
