import { createLogger } from '@skillora/operability';

import { FetchControl } from './fetch-control.js';
import { PartitionAssignment } from './partition-assignment.js';
import type { PositionsByPartition, StartingPoints } from './starting-points.js';

const logger = createLogger('partition-assignment', 'silent');

/** The partitions of an instance, and the question where to read them from, which the test answers. */
function assigned() {
  const question = Promise.withResolvers<PositionsByPartition>();
  const partitions = new PartitionAssignment({
    fetching: new FetchControl(() => null, new AbortController().signal, logger),
    limitsOf: () => null,
    confirmed: () => Promise.resolve(),
    startingPoints: { find: () => question.promise } as unknown as StartingPoints,
    logger,
  });
  partitions.apply('member', { topic: [0, 1] });
  return { partitions, question };
}

describe('partitions that are gained when their instance ends', () => {
  it.each([
    ['is answered', (question: PromiseWithResolvers<PositionsByPartition>) => question.resolve(new Map())],
    ['is given up', (question: PromiseWithResolvers<PositionsByPartition>) => question.reject(new Error())],
  ])('are settled once the question where to read them from %s, and not before', async (_, end) => {
    const { partitions, question } = assigned();
    let settled = false;
    const settling = partitions.settled().then(() => (settled = true));
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    end(question);
    await settling;
    // Nothing is left to wait for.
    await partitions.settled();
  });
});
