import { jest } from '@jest/globals';
import { Topics } from '@skillora/contracts';
import { createLogger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { TwoHopInstances } from './two-hop-instances.js';

const UNIT = 2;

/** It asks these clients, one after the other. */
function asking(...clients: Partial<Admin>[]): TwoHopInstances {
  const admins = clients.map((each) => ({
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    ...each,
  }));
  const kafka = { admin: () => admins.shift() } as unknown as Kafka;
  return new TwoHopInstances(kafka, createLogger('two-hop-instances-test', 'silent'));
}

const committing = (offset: string): Partial<Admin> => ({
  fetchOffsets: () =>
    Promise.resolve([{ topic: Topics.events, partitions: [{ partition: UNIT, offset, metadata: null }] }]),
});

const at = (offset: bigint) => new Map([[Topics.events, { offset, metadata: '' }]]);

describe('a unit of whose events the ledger knows nothing begins', () => {
  it.each([
    ['where two hops were, if they came further', '7', at(5n), at(7n)],
    ['where this release was, if that came further', '7', at(9n), at(9n)],
    ['where one hop was, if two hops have committed nothing', '-1', at(0n), at(0n)],
    ['where two hops were, if one hop has committed nothing', '7', new Map(), at(7n)],
  ])('%s', async (_case, former, own, expected) => {
    const committed = () => Promise.resolve(own);
    expect(await asking(committing(former)).furthest(UNIT, { committed })).toEqual(expected);
  });
});

describe('the question about instances with two hops', () => {
  afterEach(() => jest.useRealTimers());

  it('ends without an answer after a while, and the next one goes to a client of its own', async () => {
    jest.useFakeTimers();
    const silent = { describeGroups: () => new Promise<never>(() => undefined) };
    const answers = {
      describeGroups: () => Promise.resolve({ groups: [{ members: [] }, { members: [] }] }),
    } as unknown as Partial<Admin>;
    const former = asking(silent, answers);
    const both = Promise.allSettled([former.isGone(), former.isGone()]);
    await jest.advanceTimersByTimeAsync(5_000);
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await former.isGone()).toBe(true);
  });
});
