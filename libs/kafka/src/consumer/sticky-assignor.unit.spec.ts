import fc from 'fast-check';

import { assignSticky, type GroupMemberClaim } from './sticky-assignor.js';
import type { TopicPartition } from './topic-partition.js';

const partitionsOf = (topics: readonly string[], count: number): TopicPartition[] =>
  topics.flatMap((topic) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));

const name = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** Members that own what an assignment gave them; newcomers own nothing. */
function claims(memberIds: readonly string[], former: Map<string, TopicPartition[]>): GroupMemberClaim[] {
  return memberIds.map((memberId) => ({ memberId, owned: former.get(memberId) ?? [] }));
}

function moved(from: Map<string, TopicPartition[]>, to: Map<string, TopicPartition[]>): number {
  return [...to].flatMap(([memberId, owned]) => {
    const before = new Set(from.get(memberId)?.map(name));
    return owned.filter((each) => !before.has(name(each)));
  }).length;
}

describe('the sticky assignment', () => {
  it('moves no more than the share of those who join, and back that of those who leave', () => {
    const partitions = partitionsOf(['deliveries'], 12);
    const one = assignSticky(claims(['a'], new Map()), partitions, false);
    const two = assignSticky(claims(['a', 'b'], one), partitions, false);
    const three = assignSticky(claims(['a', 'b', 'c'], two), partitions, false);
    const left = assignSticky(claims(['a', 'c'], three), partitions, false);
    expect([moved(one, two), moved(two, three), moved(three, left)]).toEqual([6, 4, 4]);
  });

  it('gives partitions of the same number to the same member where asked to', () => {
    const partitions = partitionsOf(['deliveries', 'slow'], 5);
    const shares = assignSticky(claims(['a', 'b'], new Map()), partitions, true);
    for (const share of shares.values()) {
      const [deliveries, slow] = ['deliveries', 'slow'].map((topic) =>
        share.filter((each) => each.topic === topic).map(({ partition }) => partition),
      );
      expect(deliveries).toEqual(slow);
    }
  });

  it('gives everything once, in equal shares, moving nothing that need not move, whoever claims what', () => {
    const members = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
    const steps = fc.array(members, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 13 }), fc.boolean(), (groups, count, coPartitioned) => {
        const partitions = partitionsOf(['x', 'y'], count);
        let former = new Map<string, TopicPartition[]>();
        for (const group of groups) {
          const next = assignSticky(claims(group, former), partitions, coPartitioned);
          const given = [...next.values()].flat().map(name);
          expect(given.toSorted()).toEqual(partitions.map(name).toSorted());
          const sizes = [...next.values()].map((share) => share.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(coPartitioned ? 2 : 1);
          // Whoever stays and has no more than the largest share keeps all of it, or what is over goes to the
          // others.
          for (const [memberId, owned] of next) {
            const before = former.get(memberId)?.length ?? 0;
            const gained = owned.filter(
              (each) => !former.get(memberId)?.some((own) => name(own) === name(each)),
            );
            if (before >= Math.max(...sizes)) expect(gained).toEqual([]);
          }
          former = next;
        }
      }),
    );
  });

  it('gives what two claim to one of them', () => {
    const partitions = partitionsOf(['x'], 2);
    const shares = assignSticky(
      [
        { memberId: 'b', owned: partitions },
        { memberId: 'a', owned: partitions },
      ],
      partitions,
      false,
    );
    expect([...shares.values()].flat()).toHaveLength(2);
    expect([...shares.values()].map((share) => share.length)).toEqual([1, 1]);
  });
});
