/**
 * A time span that one partition of each projected table holds: from inclusive, to exclusive, ms since the
 * epoch.
 */
export interface PartitionRange {
  /** -Infinity for the partition of everything that is older than expected. */
  readonly from: number;
  /** Infinity for the partition of everything that is further in the future than expected. */
  readonly to: number;
}

export const DAY_MS = 86_400_000;

/**
 * The number of partitions in a whole retention period: few enough that a lookup by id alone can ask each of
 * them.
 */
const PARTITIONS_PER_RETENTION = 13;
/**
 * Clocks can be wrong, and invalid records can hold any time: times that are further away share one partition
 * at each end.
 */
const FARTHEST_MS = 3_650 * DAY_MS;

/**
 * The length of a partition's time span, in whole days. A partition is dropped when its youngest row is old
 * enough, so the oldest rows stay a thirteenth of the retention (or a day) longer than asked.
 */
export function partitionWidthMs(retentionDays: number): number {
  return Math.ceil(retentionDays / PARTITIONS_PER_RETENTION) * DAY_MS;
}

/**
 * The partition to create for a time that none of `existing` holds. It is aligned to its length, and
 * shortened where partitions of another length (from a former retention setting) are in the way.
 */
export function rangeFor(
  time: number,
  existing: readonly PartitionRange[],
  { widthMs, now }: { readonly widthMs: number; readonly now: number },
): PartitionRange {
  const aligned = (at: number): number => Math.floor(at / widthMs) * widthMs;
  const [past, future] = [aligned(now - FARTHEST_MS), aligned(now + FARTHEST_MS)];
  let [from, to] = [aligned(time), aligned(time) + widthMs];
  if (time < past) [from, to] = [-Infinity, past];
  else if (time >= future) [from, to] = [future, Infinity];
  for (const other of existing) {
    if (other.to <= time) from = Math.max(from, other.to);
    if (other.from > time) to = Math.min(to, other.from);
  }
  return { from, to };
}

/** True when a range holds the time. */
export function holds({ from, to }: PartitionRange, time: number): boolean {
  return time >= from && time < to;
}

/** The ranges whose every row is older than the retention. */
export function expired(
  existing: readonly PartitionRange[],
  retentionDays: number,
  now: number,
): PartitionRange[] {
  return existing.filter(({ to }) => to <= now - retentionDays * DAY_MS);
}

/** The suffix of a range's partitions, behind the table's name: the day on which it begins. */
export function rangeName({ from }: PartitionRange): string {
  return Number.isFinite(from) ? new Date(from).toISOString().slice(0, 10).replaceAll('-', '') : 'earlier';
}

/**
 * Reads a bound in PostgreSQL's notation, for example `FOR VALUES FROM ('2026-11-19 00:00:00+00') TO
 * (MAXVALUE)`.
 */
export function readBound(text: string): PartitionRange {
  const match = /^FOR VALUES FROM \((.+)\) TO \((.+)\)$/.exec(text);
  if (!match) throw new Error(`not the bound of a range partition: ${text}`);
  const [from = '', to = ''] = match.slice(1);
  return { from: readEdge(from), to: readEdge(to) };
}

/** The edges of a range, as `ATTACH PARTITION` takes them. */
export function writeBound({ from, to }: PartitionRange): string {
  return `FOR VALUES FROM (${writeEdge(from)}) TO (${writeEdge(to)})`;
}

function readEdge(text: string): number {
  if (text === 'MINVALUE') return -Infinity;
  if (text === 'MAXVALUE') return Infinity;
  const at = Date.parse(text.slice(1, -1));
  if (Number.isNaN(at)) throw new Error(`not the edge of a partition: ${text}`);
  return at;
}

function writeEdge(at: number): string {
  if (at === -Infinity) return 'MINVALUE';
  return at === Infinity ? 'MAXVALUE' : `'${new Date(at).toISOString()}'`;
}
