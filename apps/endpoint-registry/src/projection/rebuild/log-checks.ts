import type { Admin } from 'kafkajs';

import { logRanges, type LogRange } from '../log-ranges.js';
import { partitionName } from './log-reader.js';
import { RebuildRefused } from './rebuild-refused.js';

/**
 * Checks that the log reaches as far as the set in use; otherwise the shadow set never will.
 * @param applied the next offsets of the set in use, by {@link partitionName}, read before the ranges were.
 * @throws {RebuildRefused}
 */
export function demandEnds(ranges: readonly LogRange[], applied: ReadonlyMap<string, bigint>): void {
  for (const { topic, partition, high } of ranges) {
    if ((applied.get(partitionName({ topic, partition })) ?? 0n) <= high) continue;
    throw new RebuildRefused(
      `${topic}/${partition} ends before the offset that was already applied, so the topic was recreated: restart endpoint-registry, which then reads the new topic, and run this again`,
    );
  }
}

/**
 * Checks that retention has not removed records from the log before they were read: they would be in neither set.
 * @param ranges as they were at the beginning. @param next the next offsets of the shadow set.
 * @throws {RebuildRefused}
 */
export async function demandBeginnings(
  admin: Admin,
  ranges: readonly LogRange[],
  next: ReadonlyMap<string, bigint>,
): Promise<void> {
  const begun = new Map(ranges.map((range) => [partitionName(range), range.low]));
  const now = await logRanges(admin, [...new Set(ranges.map(({ topic }) => topic))]);
  for (const { topic, partition, low } of now) {
    const key = partitionName({ topic, partition });
    if (low === begun.get(key) || low <= (next.get(key) ?? 0n)) continue;
    throw new RebuildRefused(
      `retention removed records of ${key} from the topic before they were read: run this again, so that their content is carried over`,
    );
  }
}
