import { controlledQueues } from './testing/controlled-queues.js';

const times = (count: number, act: () => void): void => {
  for (let i = 0; i < count; i += 1) act();
};

describe('queues of endpoints at one host', () => {
  it('begin no more to one host than an organisation may have there, however many endpoints it has', async () => {
    const { ofEndpoint, underWay, push, end } = controlledQueues(4, 100, {
      perHost: 6,
      hostsOf: () => ['victim'],
    });
    for (let i = 0; i < 50; i += 1) times(4, () => push(`endpoint-${i}`));
    expect(underWay()).toHaveLength(6);
    // Another organisation has slots of its own, and what is asked for has none beside them.
    push('neighbour', { organizationId: 'other' });
    push('endpoint-0', { urgent: true });
    expect(underWay()).toHaveLength(7);
    expect(ofEndpoint('neighbour')).toHaveLength(1);
    for (let i = 0; i < 100; i += 1) {
      await end(underWay().find(({ organizationId }) => organizationId === 'o')!);
      expect(underWay()).toHaveLength(7);
    }
  });

  it('count an attempt for each of its hosts, so that many names of one address are one host', () => {
    const { underWay, push } = controlledQueues(4, 100, {
      perHost: 6,
      hostsOf: (id) => [`${id}.example`, '192.0.2.1'],
    });
    for (let i = 0; i < 50; i += 1) times(4, () => push(`name-${i}`));
    expect(underWay()).toHaveLength(6);
  });

  it('give those that wait for a slot at their host their turns, one after the other', async () => {
    const { begun, push, end } = controlledQueues(4, 100, { perHost: 1, hostsOf: () => ['host'] });
    for (const id of ['a', 'b', 'c']) times(2, () => push(id));
    for (let i = 0; i < 5; i += 1) await end(begun[i]!);
    expect(begun.map(({ endpointId }) => endpointId)).toEqual(['a', 'a', 'b', 'c', 'b', 'c']);
  });

  it('keep half of the slots at a host for endpoints that answer, once it is known who hangs', async () => {
    const { ofEndpoint, underWay, push, end } = controlledQueues(4, 100, {
      perHost: 8,
      hostsOf: () => ['host'],
    });
    for (let i = 0; i < 8; i += 1) push(`hanging-${i}`);
    push('healthy');
    // All slots were taken before anybody could know; once these end, half of them are for others.
    expect(ofEndpoint('healthy')).toHaveLength(0);
    for (const work of underWay()) await end(work, 'timeout');
    for (let i = 0; i < 8; i += 1) times(4, () => push(`hanging-${i}`));
    expect(underWay().filter(({ endpointId }) => endpointId !== 'healthy')).toHaveLength(4);
    for (let i = 0; i < 20; i += 1) {
      await end(ofEndpoint('healthy')[0]!);
      push('healthy');
      expect(ofEndpoint('healthy')).toHaveLength(1);
    }
  });

  it('hand back what waits of an endpoint whose host has had no slot for a second, and wait for it no longer', async () => {
    const { queues, push, pass, end, ofEndpoint } = controlledQueues(32, 1_000, {
      perHost: 4,
      hostsOf: () => ['victim'],
    });
    times(4, () => push('first'));
    const left = Array.from({ length: 400 }, () => push('crowded out'));
    expect(pass(999)).toEqual([]);
    expect([queues.hasRoom('crowded out'), queues.isPrompt('crowded out', 200)]).toEqual([true, true]);
    expect(pass(1)).toEqual(left.slice(16));
    expect([queues.hasRoom('crowded out'), queues.isPrompt('crowded out', 200)]).toEqual([false, false]);
    // It stays so when one of its attempts has begun, until one has been answered.
    for (const work of ofEndpoint('first')) await end(work, 'timeout');
    expect(ofEndpoint('crowded out')).toHaveLength(4);
    expect(queues.isPrompt('crowded out', 200)).toBe(false);
    // One that was not attempted tells nothing.
    await end(ofEndpoint('crowded out')[0]!, 'none');
    expect(queues.isPrompt('crowded out', 200)).toBe(false);
    for (const work of ofEndpoint('crowded out')) await end(work, 'success');
    expect([queues.hasRoom('crowded out'), queues.isPrompt('crowded out', 200)]).toEqual([true, true]);
  });

  it('count the time that an endpoint waits for its host from its last attempt', async () => {
    const { queues, begun, push, pass, end } = controlledQueues(32, 1_000, {
      perHost: 1,
      hostsOf: () => ['host'],
    });
    push('first');
    times(2, () => push('second'));
    pass(600);
    await end(begun[0]!);
    expect(begun.map(({ endpointId }) => endpointId)).toEqual(['first', 'second']);
    pass(600);
    expect(queues.isPrompt('second', 1)).toBe(true);
    pass(400);
    expect(queues.isPrompt('second', 1)).toBe(false);
  });

  it('count those whose host has no slot among those that share what may wait', () => {
    const { queues, push, pass } = controlledQueues(1, 10_000, { perHost: 1, hostsOf: () => ['victim'] });
    for (let n = 0; n < 200; n += 1) times(17, () => push(`crowded out-${n}`));
    pass(1_000);
    expect(queues.waiting).toBe(200 * 5);
  });
});
