import { replicationOf } from './replication.js';

const CLUSTER_DEFAULT = -1;

describe('a topic is made', () => {
  it('with the number of replicas that is set, two of three in sync', () => {
    expect(replicationOf(3, { factor: 1, minInsync: 1 })).toEqual({ factor: 3, minInsync: 2 });
  });

  it('with the cluster’s own default where nothing is set', () => {
    expect(replicationOf(null, { factor: 3, minInsync: 1 })).toEqual({
      factor: CLUSTER_DEFAULT,
      minInsync: 2,
    });
    expect(replicationOf(null, { factor: 1, minInsync: 1 })).toEqual({
      factor: CLUSTER_DEFAULT,
      minInsync: 1,
    });
  });

  it('as the cluster does it where the cluster does not say how', () => {
    expect(replicationOf(null, { factor: null, minInsync: null })).toEqual({
      factor: CLUSTER_DEFAULT,
      minInsync: null,
    });
  });

  it('with more in sync where the cluster demands it, and one replica to spare', () => {
    expect(replicationOf(5, { factor: 3, minInsync: 3 }).minInsync).toBe(3);
    expect(replicationOf(3, { factor: 3, minInsync: 3 }).minInsync).toBe(2);
  });

  it('such that one broker alone can write what has one or two replicas', () => {
    expect(replicationOf(1, { factor: 3, minInsync: 2 }).minInsync).toBe(1);
    expect(replicationOf(2, { factor: 3, minInsync: 2 }).minInsync).toBe(1);
  });
});
