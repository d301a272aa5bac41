import { MOST_URGENT, type QueuedWork } from './endpoint-queue.js';
import { EndpointQueues } from './endpoint-queues.js';
import { VirtualTime } from './testing/virtual-time.js';

interface Work extends QueuedWork {
  readonly number: number;
}

/** Queues of endpoints with rate limits; each attempt is sent at once and answered after 10 ms. */
function paced(
  rates: Record<string, number | undefined>,
  alone: { since: number | null } = { since: -10_000 },
) {
  const time = new VirtualTime();
  let count = 0;
  const begun: { work: Work; at: number }[] = [];
  const known = { isBehind: false };
  const rateOf = (id: string): number | null => rates[id] ?? null;
  const queues = new EndpointQueues<Work>(
    { perEndpoint: 32, perHost: Infinity, overall: 1_000 },
    {
      begin: (work, { onSent }) => {
        begun.push({ work, at: time.now });
        onSent();
        return time.sleep(10).then(() => 'success');
      },
      hostsOf: (id) => [id],
      pacing: {
        rateOf,
        rateFor: ({ endpointId }) => rateOf(endpointId),
        endsUnasked: () => false,
        isStale: () => false,
        aloneSince: () => alone.since,
        learning: () => (known.isBehind ? Promise.resolve().then(() => void (known.isBehind = false)) : null),
      },
      clock: time.clock,
      after: time.after,
    },
  );
  return {
    queues,
    rates,
    known,
    begunOf: (id: string) => begun.filter(({ work }) => work.endpointId === id),
    push: (endpointId: string, change: Partial<Work> = {}): void =>
      queues.push({
        endpointId,
        organizationId: 'o',
        bytes: 1,
        urgent: false,
        number: (count += 1),
        ...change,
      }),
    pass: async (ms: number): Promise<Work[]> => {
      const cut: Work[] = [];
      await time.pass(ms, () => void cut.push(...queues.tick()));
      return cut;
    },
  };
}

describe('queues of endpoints with a rate limit', () => {
  it('begin as many attempts a second as the limit says, in order, and nobody else waits', async () => {
    const { push, pass, begunOf } = paced({ a: 3 });
    for (let i = 0; i < 10; i += 1) push('a');
    for (let i = 0; i < 10; i += 1) push('b');
    await pass(100);
    expect(begunOf('a')).toHaveLength(3);
    expect(begunOf('b')).toHaveLength(10);
    await pass(2_900);
    expect(begunOf('a')).toHaveLength(9);
    await pass(1_000);
    const numbers = begunOf('a').map(({ work }) => work.number);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('come near to high limits, because queues are woken at the right time', async () => {
    const { push, pass, begunOf } = paced({ a: 100 });
    for (let i = 0; i < 500; i += 1) push('a');
    await pass(4_000);
    expect(begunOf('a').length).toBeGreaterThan(380);
    expect(begunOf('a').length).toBeLessThanOrEqual(400);
  });

  it('let no work overtake, also when nothing else waits; without a limit, work that makes way may then', async () => {
    const { push, pass, queues } = paced({ a: 1 });
    const mayOvertake = (): boolean[] =>
      ['a', 'b'].flatMap((id) => [queues.mayOvertake(id), queues.mayOvertake(id, true)]);
    expect([queues.hasWaiting('a'), ...mayOvertake()]).toEqual([false, false, false, true, true]);
    for (let i = 0; i < 2; i += 1) push('a');
    for (let i = 0; i < 1_100; i += 1) push('b');
    expect([queues.hasWaiting('a'), ...mayOvertake()]).toEqual([true, false, false, true, false]);
    await pass(2_000);
    expect([queues.hasWaiting('a'), queues.hasWaiting('b')]).toEqual([false, false]);
  });

  it('count urgent work too, and let it go first', async () => {
    const { push, pass, begunOf } = paced({ a: 1 });
    push('a');
    push('a');
    push('a', { urgent: true });
    await pass(1_500);
    expect(begunOf('a').map(({ work }) => work.number)).toEqual([1, 3]);
  });

  it('begin nothing before the instance has been alone for a second', async () => {
    const alone: { since: number | null } = { since: null };
    const { push, pass, begunOf } = paced({ a: 5 }, alone);
    push('a');
    push('free');
    await pass(3_000);
    expect(begunOf('a')).toHaveLength(0);
    expect(begunOf('free')).toHaveLength(1);
    alone.since = 3_000;
    await pass(1_000);
    expect(begunOf('a')).toHaveLength(0);
    await pass(400);
    expect(begunOf('a')).toHaveLength(1);
  });

  it('follow a new limit at once, with the attempts of the last second counted', async () => {
    const { push, pass, rates, begunOf } = paced({ a: undefined });
    for (let i = 0; i < 6; i += 1) push('a');
    await pass(50);
    expect(begunOf('a')).toHaveLength(6);
    rates['a'] = 2;
    for (let i = 0; i < 4; i += 1) push('a');
    await pass(1_000);
    expect(begunOf('a')).toHaveLength(6);
    await pass(500);
    expect(begunOf('a')).toHaveLength(8);
    rates['a'] = undefined;
    await pass(250);
    expect(begunOf('a')).toHaveLength(10);
  });

  it('begin nothing while the newest settings of an endpoint are being read', async () => {
    const { push, pass, known, begunOf } = paced({});
    known.isBehind = true;
    push('a');
    expect(begunOf('a')).toHaveLength(0);
    await pass(1);
    await Promise.resolve();
    await Promise.resolve();
    expect(begunOf('a')).toHaveLength(1);
  });

  it('keep in memory what the limit takes in five seconds, and give the rest away when it is lowered', async () => {
    const { queues, push, pass, rates } = paced({ a: 10 });
    for (let i = 0; i < 60; i += 1) push('a');
    expect(queues.hasRoom('a')).toBe(false);
    expect(queues.isPrompt('a', 200)).toBe(false);
    expect(queues.keepsUp('a')).toBe(false);
    rates['a'] = 1;
    const cut = await pass(200);
    // Four have begun, and five stay.
    expect(cut.map(({ number }) => number)).toEqual(Array.from({ length: 51 }, (_, index) => 10 + index));
  });

  it('begin nothing of an endpoint that is held, and give away what waits for it', async () => {
    const { queues, push, pass, rates, begunOf } = paced({ a: 1 });
    for (let i = 0; i < 3; i += 1) push('a');
    push('a', { urgent: true });
    rates['a'] = 0;
    const cut = await pass(5_000);
    expect(cut.map(({ number }) => number)).toEqual([4, 2, 3]);
    expect(begunOf('a').map(({ work }) => work.number)).toEqual([1]);
    expect([queues.hasRoom('a'), queues.waiting]).toEqual([false, 0]);
    rates['a'] = 1;
    push('a');
    await pass(200);
    expect(begunOf('a').map(({ work }) => work.number)).toEqual([1, 5]);
  });

  it('give away the background work of an endpoint that is held too, and begin the next ones as before', async () => {
    const { queues, push, pass, rates, begunOf } = paced({ a: 1 });
    push('a');
    push('a', { background: true });
    push('a');
    push('a', { urgent: true });
    rates['a'] = 0;
    const cut = await pass(5_000);
    expect(cut.map(({ number }) => number)).toEqual([4, 3, 2]);
    expect(queues.waiting).toBe(0);
    rates['a'] = 1;
    for (let i = 0; i < MOST_URGENT; i += 1) push('a', { urgent: true });
    expect(queues.hasUrgentRoom('a')).toBe(false);
    await pass(1_000 * MOST_URGENT + 2_000);
    expect(begunOf('a')).toHaveLength(1 + MOST_URGENT);
  });
});
