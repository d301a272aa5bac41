import { assignmentChange, beginningTogether } from './assignment-change.js';

const p = (topic: string, partition: number) => ({ topic, partition });

describe('an assignment', () => {
  it('takes what is not in it, adds what is new, and leaves the rest', () => {
    expect(assignmentChange([p('a', 0), p('a', 1)], { a: [1, 2], b: [0] }, false)).toEqual({
      gained: [p('a', 2), p('b', 0)],
      lost: [p('a', 0)],
      owned: 3,
    });
  });

  it('changes nothing when it is the same again', () => {
    expect(assignmentChange([p('a', 0)], { a: [0] }, false)).toEqual({ gained: [], lost: [], owned: 1 });
  });

  it('takes everything from a member that had to join again, and gives it back what is in it', () => {
    expect(assignmentChange([p('a', 0), p('a', 1)], { a: [0] }, true)).toEqual({
      gained: [p('a', 0)],
      lost: [p('a', 0), p('a', 1)],
      owned: 1,
    });
  });

  it('of units moves all partitions of a number if it moves one of them', () => {
    expect(
      assignmentChange([p('a', 0), p('b', 0), p('a', 1)], { a: [0, 1], b: [1] }, false, () => true),
    ).toEqual({
      gained: [p('a', 0), p('a', 1), p('b', 1)],
      lost: [p('a', 0), p('b', 0), p('a', 1)],
      owned: 3,
    });
  });

  it('moves topics that are in no unit alone, and units without them', () => {
    const inUnits = (topic: string): boolean => topic !== 'lane';
    const former = [p('a', 0), p('b', 0), p('lane', 0), p('lane', 1)];
    expect(assignmentChange(former, { a: [0], lane: [0, 2] }, false, inUnits)).toEqual({
      gained: [p('a', 0), p('lane', 2)],
      lost: [p('a', 0), p('b', 0), p('lane', 1)],
      owned: 3,
    });
  });
});

describe('gained partitions', () => {
  const gained = [p('a', 0), p('b', 0), p('a', 1)];

  it('begin one by one', () => {
    expect(beginningTogether(gained, 'apart', false)).toEqual([[p('a', 0)], [p('b', 0)], [p('a', 1)]]);
  });

  it('begin together with those of the same number when they are co-partitioned', () => {
    expect(beginningTogether(gained, 'apart', true)).toEqual([[p('a', 0), p('b', 0)], [p('a', 1)]]);
  });

  it('begin all together when one question serves all', () => {
    expect(beginningTogether(gained, 'together', false)).toEqual([gained]);
    expect(beginningTogether([], 'together', false)).toEqual([]);
  });
});
