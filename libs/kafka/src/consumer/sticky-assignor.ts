import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

import type { TopicPartition } from './topic-partition.js';

/** A member of a consumer group, the topics that it names, and the partitions that it has owned until now. */
export interface GroupMemberClaim {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
}

/**
 * Assigns partitions so that all shares differ by one at most and as few partitions as possible move. If
 * several members claim a partition, the first in order of id gets it. The result depends only on the
 * arguments. With `coPartitioned`, partitions of the same number of all topics stay together and count as
 * one.
 *
 * A topic goes only to members that name it. With `coPartitioned`, the owner of a number gets what it names of it, and
 * nobody gets the rest. Where members name different topics, what the same members can own is shared among them.
 */
export function assignSticky(
  members: readonly GroupMemberClaim[],
  partitions: readonly TopicPartition[],
  coPartitioned: boolean,
): Map<string, TopicPartition[]> {
  const unitOf = ({ topic, partition }: TopicPartition): string =>
    coPartitioned ? String(partition) : `${topic}/${partition}`;
  const assigned = new Map(members.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
  const units = Map.groupBy(partitions, unitOf);
  const ownersOf = (unit: readonly TopicPartition[]) =>
    members.filter(({ topics }) => unit.some(({ topic }) => topics.includes(topic)));
  const namesOf = (owners: readonly GroupMemberClaim[]) =>
    JSON.stringify(owners.map(({ memberId }) => memberId));
  for (const alike of Map.groupBy(units, ([, unit]) => namesOf(ownersOf(unit))).values()) {
    const owners = ownersOf(alike[0]?.[1] ?? []);
    if (owners.length === 0) continue;
    for (const [memberId, share] of shareOut(owners, new Map(alike), unitOf)) {
      const topics = owners.find((owner) => owner.memberId === memberId)?.topics ?? [];
      assigned.get(memberId)?.push(...share.flat().filter(({ topic }) => topics.includes(topic)));
    }
  }
  return assigned;
}

/** Shares out units, each of which all these members can own. */
function shareOut(
  members: readonly GroupMemberClaim[],
  units: ReadonlyMap<string, TopicPartition[]>,
  unitOf: (partition: TopicPartition) => string,
): Map<string, TopicPartition[][]> {
  const free = new Map(units);
  const shares = new Map<string, TopicPartition[][]>();
  const sorted = members.toSorted((a, b) => compare(a.memberId, b.memberId));
  const least = Math.floor(free.size / members.length);
  let larger = free.size % members.length;

  const claims = new Map<string, Set<string>>();
  const claimed = new Set<string>();
  for (const { memberId, owned } of sorted) {
    const own = new Set(owned.map(unitOf).filter((unit) => free.has(unit) && !claimed.has(unit)));
    for (const unit of own) claimed.add(unit);
    claims.set(memberId, own);
  }
  // If the shares cannot be equal, the members with the most partitions keep one more than the others.
  for (const [memberId, own] of [...claims].sort((a, b) => b[1].size - a[1].size)) {
    const share: TopicPartition[][] = [];
    const quota = own.size > least && larger > 0 ? least + 1 : least;
    if (quota > least) larger -= 1;
    for (const unit of own) {
      const kept = free.get(unit);
      if (share.length === quota || !kept) break;
      share.push(kept);
      free.delete(unit);
    }
    shares.set(memberId, share);
  }
  for (const unit of free.values()) {
    const [poorest] = [...shares.values()].sort((a, b) => a.length - b.length);
    poorest?.push(unit);
  }
  return shares;
}

const NAME = 'sticky';
const VERSION = 1;

/**
 * {@link assignSticky} for kafkajs: a member lists its partitions in the user data of its subscription. Only topics that the
 * consumer of the group's leader has subscribed to are assigned.
 * @param names whether this member names a topic that its consumer has subscribed to; asked each time that it joins.
 */
export function stickyAssigner(
  owned: () => readonly TopicPartition[],
  coPartitioned: boolean,
  names: (topic: string) => boolean = () => true,
): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics: topics.filter(names),
        userData: Buffer.from(JSON.stringify(owned().map(({ topic, partition }) => [topic, partition]))),
      }),
    }),
    assign: ({ members, topics }) => {
      const partitions = topics.flatMap((topic) =>
        cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }): TopicPartition => ({ topic, partition: partitionId }))
          .sort((a, b) => a.partition - b.partition),
      );
      const claims = members.map(({ memberId, memberMetadata }) => {
        const { topics: named, userData } = AssignerProtocol.MemberMetadata.decode(memberMetadata) ?? {};
        return { memberId, topics: named ?? [], owned: decodeOwned(userData) };
      });
      return Promise.resolve(
        [...assignSticky(claims, partitions, coPartitioned)].map(([memberId, share]) => ({
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: VERSION,
            assignment: byTopic(share),
            userData: Buffer.alloc(0),
          }),
        })),
      );
    },
  });
}

/** Unreadable user data claims nothing: stickiness saves work, but nothing depends on it. */
function decodeOwned(userData: Buffer | undefined): TopicPartition[] {
  try {
    const decoded = JSON.parse(userData?.toString('utf8') ?? '[]') as [string, number][];
    return decoded.map(([topic, partition]) => ({ topic, partition }));
  } catch {
    return [];
  }
}

function byTopic(partitions: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of partitions) (topics[topic] ??= []).push(partition);
  return topics;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
