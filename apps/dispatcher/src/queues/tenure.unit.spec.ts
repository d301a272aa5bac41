import { Tenure } from './tenure.js';

describe('the tenure of a partition', () => {
  const begun = (isMember: () => boolean = () => true) => {
    let now = 0;
    const tenure = new Tenure(() => now);
    tenure.follows(isMember);
    return { tenure, pass: (ms: number) => (now += ms) };
  };

  it('begins when the group gives the partition to this instance, and has formed', () => {
    const { tenure, pass } = begun();
    pass(500);
    tenure.gained([1, 2]);
    expect(tenure.aloneSince(1)).toBeNull();
    tenure.holds();
    expect(tenure.aloneSince(1)).toBe(500);
    expect(tenure.aloneSince(3)).toBeNull();
  });

  it('pauses while the group rebalances, and goes on for partitions that stay', () => {
    const { tenure, pass } = begun();
    tenure.gained([1, 2]);
    tenure.holds();
    pass(9_000);
    tenure.shakes();
    expect(tenure.aloneSince(1)).toBeNull();
    tenure.lost([2]);
    tenure.holds();
    expect(tenure.aloneSince(1)).toBe(0);
    expect(tenure.aloneSince(2)).toBeNull();
  });

  it('begins again for a partition that comes back', () => {
    const { tenure, pass } = begun();
    tenure.gained([1]);
    tenure.holds();
    tenure.lost([1]);
    pass(3_000);
    tenure.gained([1]);
    expect(tenure.aloneSince(1)).toBe(3_000);
  });

  it('is not sure while the group may have ended the session of this instance', () => {
    let isMember = true;
    const { tenure } = begun(() => isMember);
    tenure.gained([1]);
    tenure.holds();
    isMember = false;
    expect(tenure.aloneSince(1)).toBeNull();
  });
});
