import { partitionKey, type TopicPartition } from './topic-partition.js';

/** What the group's new assignment means for a member. */
export interface AssignmentChange {
  readonly gained: TopicPartition[];
  readonly lost: TopicPartition[];
  /** How many partitions the member owns now. */
  readonly owned: number;
}

/**
 * Compares an assignment with what a member owned before.
 * @param isNewMember the member had to join again, so it was considered dead. Others may have worked on its
 * partitions meanwhile, so it loses all of them, and gains again those that it gets.
 * @param inUnits the topics whose partitions of one number move together: if one of them is gained or lost, all of them are.
 */
export function assignmentChange(
  former: readonly TopicPartition[],
  assignment: Readonly<Record<string, readonly number[]>>,
  isNewMember: boolean,
  inUnits: (topic: string) => boolean = () => false,
): AssignmentChange {
  const assigned = Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition): TopicPartition => ({ topic, partition })),
  );
  const keys = keysOf(assigned);
  const lost = isNewMember ? [...former] : former.filter((each) => !keys.has(keyOf(each)));
  const lostKeys = keysOf(lost);
  const kept = keysOf(former.filter((each) => !lostKeys.has(keyOf(each))));
  const gained = assigned.filter((each) => !kept.has(keyOf(each)));
  const inUnit = ({ topic }: TopicPartition): boolean => inUnits(topic);
  const moved = new Set([...gained, ...lost].filter(inUnit).map(({ partition }) => partition));
  const andUnits = (those: readonly TopicPartition[], all: readonly TopicPartition[]): TopicPartition[] => {
    const own = keysOf(those);
    return all.filter((each) => own.has(keyOf(each)) || (inUnit(each) && moved.has(each.partition)));
  };
  return { gained: andUnits(gained, assigned), lost: andUnits(lost, former), owned: assigned.length };
}

/**
 * Groups partitions that begin together: all of them, or each alone. Co-partitioned ones of the same number
 * always begin together: records of one of them may lead to records in another, which must wait until the
 * former owner no longer writes there.
 */
export function beginningTogether(
  gained: readonly TopicPartition[],
  begin: 'apart' | 'together',
  coPartitioned: boolean,
): TopicPartition[][] {
  if (gained.length === 0) return [];
  if (begin === 'together') return [[...gained]];
  if (!coPartitioned) return gained.map((each) => [each]);
  return [...Map.groupBy(gained, ({ partition }) => partition).values()];
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition);
}

function keysOf(partitions: readonly TopicPartition[]): Set<string> {
  return new Set(partitions.map(keyOf));
}
