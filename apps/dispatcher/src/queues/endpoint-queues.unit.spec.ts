import fc from 'fast-check';

import type { AttemptEffect } from './concurrency-limit.js';
import { MOST_URGENT } from './endpoint-queue.js';
import { controlledQueues, type NumberedWork } from './testing/controlled-queues.js';

const times = (count: number, act: () => void): void => {
  for (let i = 0; i < count; i += 1) act();
};

describe('queues per endpoint', () => {
  it('tell endpoints that soon have room from those that hang, fail to answer in time, or are slow', async () => {
    const { queues, push, pass, end, underWay } = controlledQueues(4, 10);
    expect(queues.isPrompt('a', 200)).toBe(true);
    const first = push('a');
    pass(10);
    await end(first);
    expect([queues.isPrompt('a', 200), queues.isPrompt('a', 1_000)]).toEqual([true, false]);
    push('a');
    pass(1_500);
    expect(queues.isPrompt('a', 200)).toBe(false);
    for (const work of underWay()) await end(work, 'timeout');
    expect(queues.isPrompt('a', 1)).toBe(false);
  });

  it('keeps up with its first piece of work, and while it answers within a second', async () => {
    const { queues, push, pass, end } = controlledQueues(2, 10);
    expect(queues.keepsUp('a')).toBe(true);
    const first = push('a');
    expect(queues.keepsUp('a')).toBe(false);
    pass(100);
    await end(first);
    push('a');
    expect(queues.keepsUp('a')).toBe(true);
    pass(1_000);
    expect(queues.keepsUp('a')).toBe(false);
  });

  it('does not keep up when its answers take longer than a second, even between them', async () => {
    const { queues, push, pass, end } = controlledQueues(2, 10);
    const first = push('a');
    pass(1_500);
    await end(first);
    expect(queues.keepsUp('a')).toBe(false);
  });

  it('are behind with what only the limit of all keeps back, and not with what its endpoint does', async () => {
    const { queues, push, pass, end, underWay } = controlledQueues(1, 2);
    for (const id of ['a', 'a', 'b', 'b', 'c', 'c']) push(id);
    const of = (count: number) => ({ waiting: count, byOrganization: new Map([['o', count]]), atOnce: 2 });
    expect(queues.backlog).toEqual({ ...of(2), begunLately: 2 });
    const [first] = underWay();
    if (first) await end(first);
    // The next of a and one of c wait for the limit of all, now that c has had its turn.
    expect(queues.backlog).toEqual({ ...of(1), begunLately: 3 });
    pass(300);
    expect(queues.backlog.begunLately).toBe(0);
  });

  it('name those with most waiting, the longest first', () => {
    const { queues, push } = controlledQueues(0, 10);
    times(1, () => push('short'));
    times(3, () => push('long'));
    times(2, () => push('middle'));
    expect(queues.longest(2)).toEqual([
      { endpointId: 'long', waiting: 3 },
      { endpointId: 'middle', waiting: 2 },
    ]);
    expect(queues.longest(9)).toHaveLength(3);
  });

  it('go on with other endpoints while one hangs', async () => {
    const { queues, ofEndpoint, push, end } = controlledQueues(2, 10);
    times(5, () => push('hanging'));
    const healthy = push('healthy');
    expect(ofEndpoint('hanging')).toHaveLength(2);
    expect(ofEndpoint('healthy')).toEqual([healthy]);
    await end(healthy);
    expect([queues.underWay, queues.waiting]).toEqual([2, 3]);
  });

  it('begin nothing while they are held, and go on from there', () => {
    const { queues, begun, push } = controlledQueues(2, 10);
    queues.hold();
    push('a');
    push('b');
    expect(begun).toHaveLength(0);
    queues.release();
    expect(begun).toHaveLength(2);
  });

  it('leave the overall cap to the others once attempts hang for a second', () => {
    const { queues, ofEndpoint, push, pass } = controlledQueues(4, 8);
    for (const id of ['a', 'b', 'c', 'd']) times(4, () => push(id));
    expect(queues.underWay).toBe(8);
    push('healthy');
    expect(ofEndpoint('healthy')).toHaveLength(0);
    pass(1_000);
    expect(ofEndpoint('healthy')).toHaveLength(1);
    expect(queues.slowUnderWay).toBe(8);
  });

  it('keep room for healthy endpoints however many hang for however long', () => {
    const { queues, ofEndpoint, push, pass } = controlledQueues(32, 512);
    for (let round = 0; round < 30; round += 1) {
      for (let i = 0; i < 1_000; i += 1) push(`hanging-${i}`);
      pass(1_000);
    }
    for (let i = 0; i < 100; i += 1) push(`healthy-${i}`);
    for (let i = 0; i < 100; i += 1) expect(ofEndpoint(`healthy-${i}`)).toHaveLength(1);
    // Each hanging endpoint comes to have one attempt, or what it took in its first second.
    expect(queues.slowUnderWay).toBeLessThan(4_000);
  });

  it('take turns between organisations, however many endpoints each has', async () => {
    const { begun, push, end } = controlledQueues(1, 1);
    const first = push('first', { organizationId: 'large' });
    for (let i = 0; i < 20; i += 1) push(`large-${i}`, { organizationId: 'large' });
    push('small', { organizationId: 'small' });
    await end(first);
    await end(begun[1]!);
    expect(begun.slice(1, 3).map(({ organizationId }) => organizationId)).toContain('small');
  });

  it('hand back, in order, what waits of an endpoint that turned out to hang, and have no room for more', () => {
    const { queues, push, pass } = controlledQueues(4, 100);
    const pushed = Array.from({ length: 100 }, () => push('hanging'));
    expect(queues.hasRoom('hanging')).toBe(true);
    const surplus = pass(1_000);
    expect(surplus).toEqual(pushed.slice(4 + 16));
    expect([queues.waiting, queues.hasRoom('hanging'), queues.hasRoom('other')]).toEqual([16, false, true]);
  });

  it('share what may wait between those that hang, one each at least, whatever waits for others', () => {
    const { queues, push, pass } = controlledQueues(1, 10_000);
    const hanging = Array.from({ length: 200 }, (_, n) => `hanging-${n}`);
    for (const id of hanging) times(17, () => push(id));
    const surplus = pass(1_000);
    expect(queues.waiting).toBe(200 * 5);
    expect(surplus).toHaveLength(200 * 11);
    times(3_000, () => push('other'));
    expect(pass(10)).toEqual([]);
    for (let n = 200; n < 2_000; n += 1) times(3, () => push(`hanging-${n}`));
    pass(1_000);
    expect(hanging.map((id) => queues.hasRoom(id))).not.toContain(true);
    // The other has not answered for a second either.
    expect(queues.waiting).toBe(2_000 + 1);
  });

  it('keep few bytes for an endpoint that hangs', () => {
    const { queues, push, pass } = controlledQueues(4, 100);
    times(14, () => push('hanging', { bytes: 100_000 }));
    pass(1_000);
    expect(queues.waiting).toBeLessThanOrEqual(3);
  });

  it('have room again when the endpoint answers', async () => {
    const { queues, begun, push, pass, end } = controlledQueues(4, 100);
    times(100, () => push('slow'));
    pass(1_000);
    for (let i = 0; i < 20; i += 1) await end(begun[i]!);
    expect(queues.hasRoom('slow')).toBe(true);
  });

  it('begin what a person asked for before the rest, even beyond the limit of an endpoint that hangs', () => {
    const { ofEndpoint, push, pass } = controlledQueues(32, 100);
    times(50, () => push('hanging'));
    pass(1_000);
    const asked = push('hanging', { urgent: true });
    expect(ofEndpoint('hanging')).toContain(asked);
  });

  it('let few urgent pieces of work of an endpoint go first; the others wait like all its work', async () => {
    const { queues, ofEndpoint, urgent, push, pass, end } = controlledQueues(32, 100);
    times(10, () => push('hanging'));
    pass(1_000);
    const asked = Array.from({ length: 2_000 }, () => push('hanging', { urgent: true }));
    expect(queues.hasUrgentRoom('hanging')).toBe(false);
    expect(queues.hasUrgentRoom('healthy')).toBe(true);
    expect(ofEndpoint('hanging')).toHaveLength(4 + MOST_URGENT);
    expect([...urgent]).toEqual(asked.slice(0, MOST_URGENT));
    // What does not go first is handed back like all that waits of an endpoint that hangs.
    const surplus = pass(1_000);
    expect(queues.waiting).toBe(16);
    expect(surplus).toHaveLength(6 + 2_000 - MOST_URGENT - 16);
    const healthy = [push('healthy'), push('healthy', { urgent: true })];
    expect(ofEndpoint('healthy')).toEqual(healthy);
    // One that has ended leaves room for another.
    await end(asked[0]!, 'timeout');
    const again = push('hanging', { urgent: true });
    expect(ofEndpoint('hanging')).toContain(again);
  });

  it('let fewer urgent pieces of work go first where these are large', async () => {
    const { urgent, push, end } = controlledQueues(32, 100);
    const asked = Array.from({ length: 8 }, () => push('a', { urgent: true, bytes: 150_000 }));
    expect([...urgent]).toEqual(asked.slice(0, 2));
    await end(asked[0]!);
    const next = push('a', { urgent: true, bytes: 150_000 });
    expect(urgent.has(next)).toBe(true);
  });

  it('begin nothing more once stopped', async () => {
    const { queues, begun, push, end } = controlledQueues(1, 1);
    const first = push('a');
    push('a');
    queues.stop();
    await end(first);
    expect(begun).toEqual([first]);
  });

  it('keep all limits, begin each endpoint in order, and leave nothing lying, whatever comes and ends when', async () => {
    const effects: AttemptEffect[] = ['success', 'answered', 'timeout', 'unreachable', 'none'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            endpoint: fc.constantFrom('a', 'b', 'c'),
            end: fc.nat(),
            effect: fc.constantFrom(...effects),
            pass: fc.constantFrom(0, 0, 100, 1_000),
          }),
          { maxLength: 80 },
        ),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, perEndpoint, overall, perHost) => {
          // The endpoints b and c have a name each, and one address.
          const hostsOf = (id: string): string[] => (id === 'a' ? ['a'] : [id, 'address']);
          const { queues, begun, underWay, ofEndpoint, push, pass, end } = controlledQueues(
            perEndpoint,
            overall,
            {
              perHost,
              hostsOf,
            },
          );
          const pushed: NumberedWork[] = [];
          const handedBack: NumberedWork[] = [];
          for (const { endpoint, end: pick, effect, pass: ms } of steps) {
            pushed.push(push(endpoint, { organizationId: endpoint === 'a' ? 'one' : 'two' }));
            if (ms > 0) handedBack.push(...pass(ms));
            expect(queues.underWay - queues.slowUnderWay).toBeLessThanOrEqual(overall);
            expect(queues.underWay).toBe(underWay().length);
            for (const name of ['a', 'b', 'c']) {
              expect(ofEndpoint(name).length).toBeLessThanOrEqual(Math.min(perEndpoint, perHost));
            }
            expect(ofEndpoint('b').length + ofEndpoint('c').length).toBeLessThanOrEqual(perHost);
            const running = underWay();
            if (pick % 2 === 0 && running.length > 0) await end(running[pick % running.length]!, effect);
          }
          while (underWay().length > 0) await end(underWay()[0]!);
          expect([...begun, ...handedBack].map(({ number }) => number).toSorted((x, y) => x - y)).toEqual(
            pushed.map(({ number }) => number),
          );
          for (const name of ['a', 'b', 'c']) {
            const numbers = begun.filter((work) => work.endpointId === name).map(({ number }) => number);
            expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
          }
          expect([queues.waiting, queues.underWay, queues.slowUnderWay]).toEqual([0, 0, 0]);
        },
      ),
    );
  });
});
