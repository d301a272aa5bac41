import fc from 'fast-check';

import { assignSticky, type GroupMemberClaim } from './sticky-assignor.js';
import type { TopicPartition } from './topic-partition.js';

const partitionsOf = (topics: readonly string[], count: number): TopicPartition[] =>
  topics.flatMap((topic) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));

const name = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

const ALL = ['deliveries', 'slow', 'x', 'y'];

/** Members that own what an assignment gave them; newcomers own nothing. @param topicsOf the topics that a member names. */
function claims(
  memberIds: readonly string[],
  former: Map<string, TopicPartition[]>,
  topicsOf: (memberId: string) => readonly string[] = () => ALL,
): GroupMemberClaim[] {
  return memberIds.map((memberId) => ({
    memberId,
    topics: topicsOf(memberId),
    owned: former.get(memberId) ?? [],
  }));
}

/** Groups that follow one another. @param topics what a member may name. */
function groupsNaming(topics: fc.Arbitrary<string[]>) {
  const memberId = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const members = fc.uniqueArray(fc.record({ memberId, topics }), {
    minLength: 1,
    selector: (member) => member.memberId,
  });
  return fc.array(members, { minLength: 1, maxLength: 6 });
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
        { memberId: 'b', topics: ALL, owned: partitions },
        { memberId: 'a', topics: ALL, owned: partitions },
      ],
      partitions,
      false,
    );
    expect([...shares.values()].flat()).toHaveLength(2);
    expect([...shares.values()].map((share) => share.length)).toEqual([1, 1]);
  });

  it('gives a topic only to members that name it, with what else they own of its number', () => {
    const lanes = ['deliveries', 'slow'];
    const partitions = partitionsOf([...lanes, 'events'], 4);
    const names = (memberId: string): readonly string[] =>
      memberId === 'old' ? lanes : [...lanes, 'events'];
    const shares = assignSticky(claims(['new', 'old'], new Map(), names), partitions, true);
    const numbersOf = (memberId: string, topic: string) =>
      shares.get(memberId)?.flatMap((each) => (each.topic === topic ? [each.partition] : []));
    expect(numbersOf('old', 'events')).toEqual([]);
    for (const memberId of ['new', 'old']) {
      expect(numbersOf(memberId, 'deliveries')).toHaveLength(2);
      expect(numbersOf(memberId, 'slow')).toEqual(numbersOf(memberId, 'deliveries'));
    }
    expect(numbersOf('new', 'events')).toEqual(numbersOf('new', 'deliveries'));
  });

  it('gives what the owner of a number begins to name to that owner, and takes it back alone', () => {
    const partitions = partitionsOf(['deliveries', 'events'], 5);
    const lanes = (): readonly string[] => ['deliveries'];
    const all = (): readonly string[] => ['deliveries', 'events'];
    const before = assignSticky(claims(['a', 'b'], new Map(), lanes), partitions, true);
    const during = assignSticky(claims(['a', 'b'], before, all), partitions, true);
    expect(moved(before, during)).toBe(5);
    expect(moved(during, before)).toBe(0);
    const after = assignSticky(claims(['a', 'b'], during, lanes), partitions, true);
    expect(after).toEqual(before);
  });

  it('gives each partition that somebody names to one of these, and moves none of them without a reason, whatever they name', () => {
    const steps = groupsNaming(fc.subarray(['x', 'y']));
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (groups, count) => {
        const partitions = partitionsOf(['x', 'y'], count);
        let former = new Map<string, TopicPartition[]>();
        for (const group of groups) {
          const claiming = group.map((each) => ({ ...each, owned: former.get(each.memberId) ?? [] }));
          const next = assignSticky(claiming, partitions, false);
          for (const { memberId, topics } of group)
            expect(next.get(memberId)?.filter(({ topic }) => !topics.includes(topic))).toEqual([]);
          const wanted = partitions.filter(({ topic }) => group.some(({ topics }) => topics.includes(topic)));
          expect([...next.values()].flat().map(name).toSorted()).toEqual(wanted.map(name).toSorted());
          const again = assignSticky(
            group.map((each) => ({ ...each, owned: next.get(each.memberId) ?? [] })),
            partitions,
            false,
          );
          expect(moved(next, again)).toBe(0);
          former = next;
        }
      }),
    );
  });

  it('gives the topics of a number to its owner only, and all that it names, whatever members name', () => {
    const steps = groupsNaming(fc.subarray(['slow', 'events']).map((more) => ['deliveries', ...more]));
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (groups, count) => {
        const partitions = partitionsOf(['deliveries', 'slow', 'events'], count);
        let former = new Map<string, TopicPartition[]>();
        for (const group of groups) {
          const claiming = group.map((each) => ({ ...each, owned: former.get(each.memberId) ?? [] }));
          const next = assignSticky(claiming, partitions, true);
          const numbers: number[] = [];
          for (const { memberId, topics } of group) {
            const own = next.get(memberId) ?? [];
            const deliveries = own.flatMap((each) => (each.topic === 'deliveries' ? [each.partition] : []));
            numbers.push(...deliveries);
            const due = deliveries.flatMap((partition) => topics.map((topic) => ({ topic, partition })));
            expect(own.map(name).toSorted()).toEqual(due.map(name).toSorted());
          }
          expect(numbers.toSorted()).toEqual(Array.from({ length: count }, (_, number) => number));
          // Numbers move by the members that come and go, never by what is named.
          const sameMembers = assignSticky(
            group.map(({ memberId }) => ({
              memberId,
              topics: ['deliveries'],
              owned: next.get(memberId) ?? [],
            })),
            partitions,
            true,
          );
          expect(moved(next, sameMembers)).toBe(0);
          former = next;
        }
      }),
    );
  });
});
