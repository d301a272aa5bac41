import fc from 'fast-check';

import type { QueuedWork } from './endpoint-queue.js';
import { EndpointQueues } from './endpoint-queues.js';
import { VirtualTime } from './testing/virtual-time.js';

/** What happens to the requests of an attempt, ms. */
interface Course {
  /** Until a request is given to the network. */
  readonly connectMs: number;
  readonly travelMs: number;
  readonly answerMs: number;
  /** From the answer that refuses the token until a new one is there; null when the first is accepted. */
  readonly renewMs: number | null;
}

interface Work extends QueuedWork {
  readonly course: Course;
  /** A test send also goes to an endpoint that is held. */
  readonly isTest: boolean;
}

/** Attempts to an endpoint with a limit, some of which send a second request. */
function requests({ rate, waitsMs = 15_000 }: { rate: number | null; waitsMs?: number }) {
  const time = new VirtualTime();
  const limit = { rate, isHeld: false };
  const endpoint = { isActive: true };
  const stale = new Set<Work>();
  const rateFor = ({ isTest }: Pick<Work, 'isTest'>): number | null =>
    limit.isHeld && !isTest ? 0 : limit.rate;
  const alone: { since: number | null } = { since: -10_000 };
  const arrivals: { at: number; work: Work; isSecond: boolean }[] = [];
  const refused: Work[] = [];
  const send = async (work: Work, isSecond: boolean, onSent: () => void): Promise<void> => {
    const { connectMs, travelMs, answerMs } = work.course;
    await time.sleep(connectMs);
    onSent();
    await time.sleep(travelMs);
    arrivals.push({ at: time.now, work, isSecond });
    await time.sleep(answerMs);
  };
  const queues = new EndpointQueues<Work>(
    { perEndpoint: 32, perHost: Infinity, overall: 1_000 },
    {
      begin: async (work, { onSent, another }) => {
        await send(work, false, onSent);
        const { renewMs } = work.course;
        if (renewMs === null) return 'success';
        await time.sleep(renewMs);
        if (await another(waitsMs)) await send(work, true, onSent);
        else refused.push(work);
        return 'answered';
      },
      hostsOf: () => ['h'],
      pacing: {
        rateOf: () => rateFor({ isTest: false }),
        rateFor,
        endsUnasked: (work) => stale.has(work) || !endpoint.isActive,
        isStale: (work) => stale.has(work),
        aloneSince: () => alone.since,
        learning: () => null,
      },
      clock: time.clock,
      after: time.after,
    },
  );
  return {
    arrivals,
    refused,
    limit,
    endpoint,
    stale,
    alone,
    push: (course: Partial<Course> = {}, isTest = false): Work => {
      const usual = { connectMs: 1, travelMs: 1, answerMs: 1, renewMs: null };
      const common = { endpointId: 'a', organizationId: 'o', bytes: 1, urgent: false };
      const work = { ...common, isTest, course: { ...usual, ...course } };
      queues.push(work);
      return work;
    },
    pass: (ms: number): Promise<void> =>
      time.pass(ms, () => {
        // What leaves the memory comes back, as from the slow lane.
        for (const work of queues.tick()) time.after(1_000, () => queues.push(work));
      }),
    whenArrived: (isSecond: boolean): number[] =>
      arrivals.filter((each) => each.isSecond === isSecond).map(({ at }) => at),
  };
}

/** The shortest time in which more requests than the limit arrived, ms. */
function shortestExcess(arrivals: readonly { readonly at: number }[], limit: number): number {
  const times = arrivals.map(({ at }) => at).sort((a, b) => a - b);
  return Math.min(Infinity, ...times.slice(limit).map((at, index) => at - (times[index] ?? 0)));
}

const course = fc.record({
  connectMs: fc.integer({ min: 0, max: 300 }),
  travelMs: fc.integer({ min: 0, max: 99 }),
  answerMs: fc.integer({ min: 0, max: 2_000 }),
  renewMs: fc.option(fc.integer({ min: 0, max: 1_500 })),
});

describe('the second request of an attempt', () => {
  it('counts in the rate limit as the first does: no second holds more of both', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), course }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.constantFrom(300, 15_000),
        async (rate, attempts, waitsMs) => {
          const { push, pass, arrivals, refused } = requests({ rate, waitsMs });
          for (const { afterMs, course: each } of attempts) {
            await pass(afterMs);
            push(each);
          }
          await pass(120_000);
          const renewing = attempts.filter(({ course: { renewMs } }) => renewMs !== null).length;
          expect(arrivals).toHaveLength(attempts.length + renewing - refused.length);
          expect(shortestExcess(arrivals, rate)).toBeGreaterThanOrEqual(1_000);
        },
      ),
    );
  });

  it('goes before attempts that wait', async () => {
    const { push, pass, arrivals } = requests({ rate: 1 });
    const first = push({ renewMs: 5 });
    const next = [push(), push()];
    await pass(10_000);
    expect(arrivals.map(({ work }) => work)).toEqual([first, first, ...next]);
  });

  it('goes before them also when its place is free at the moment when the next attempt is woken', async () => {
    const { push, pass, arrivals } = requests({ rate: 1 });
    const first = push({ renewMs: 1_500 });
    // Its answer comes 1,610 ms after the beginning.
    const meanwhile = push({ connectMs: 598 });
    const last = push();
    await pass(10_000);
    expect(arrivals.map(({ work }) => work)).toEqual([first, meanwhile, first, last]);
  });

  it('is not sent when there is no place for it in time, and others go on', async () => {
    const { push, pass, refused, whenArrived } = requests({ rate: 1, waitsMs: 500 });
    const first = push({ renewMs: 5 });
    push();
    await pass(3_000);
    expect(refused).toEqual([first]);
    expect([whenArrived(true), whenArrived(false).length]).toEqual([[], 2]);
  });

  it('is sent at once without a limit, and also when that is lifted while it waits', async () => {
    const { push, pass, limit, whenArrived } = requests({ rate: null });
    push({ renewMs: 5 });
    await pass(20);
    expect(whenArrived(true)).toHaveLength(1);
    limit.rate = 1;
    push({ renewMs: 5 });
    await pass(1_150);
    expect(whenArrived(true)).toHaveLength(1);
    limit.rate = null;
    await pass(150);
    expect(whenArrived(true)).toHaveLength(2);
  });

  it('waits while another instance may attempt deliveries of the endpoint, and is not sent once it is held', async () => {
    const { push, pass, alone, limit, refused, whenArrived } = requests({ rate: 5 });
    push({ renewMs: 5 });
    alone.since = null;
    await pass(5_000);
    expect(whenArrived(true)).toEqual([]);
    alone.since = 5_000;
    await pass(2_000);
    expect(whenArrived(true)).toHaveLength(1);
    push({ renewMs: 5 });
    limit.isHeld = true;
    await pass(20_000);
    expect([whenArrived(true).length, refused.length]).toEqual([1, 1]);
  });

  it('of a test send goes to an endpoint that is held, at once without a limit', async () => {
    const { push, pass, limit, refused, whenArrived } = requests({ rate: null });
    limit.isHeld = true;
    push({ renewMs: 5 }, true);
    await pass(20);
    expect([whenArrived(true).length, refused]).toEqual([1, []]);
  });

  it('of a test send to an endpoint that is held counts in its limit', async () => {
    const { push, pass, limit, arrivals, refused, whenArrived } = requests({ rate: 2 });
    limit.isHeld = true;
    for (let i = 0; i < 3; i += 1) push({ renewMs: 5 }, true);
    await pass(20_000);
    expect([whenArrived(true).length, refused]).toEqual([3, []]);
    expect(shortestExcess(arrivals, 2)).toBeGreaterThanOrEqual(1_000);
  });

  it('goes, and counts in the limit, when its endpoint is deactivated meanwhile', async () => {
    const { push, pass, endpoint, arrivals, refused, whenArrived } = requests({ rate: 1 });
    push({ renewMs: 5 });
    await pass(5);
    endpoint.isActive = false;
    await pass(5_000);
    expect([whenArrived(true).length, refused]).toEqual([1, []]);
    expect(shortestExcess(arrivals, 1)).toBeGreaterThanOrEqual(1_000);
  });

  it('is not sent once another instance attempts the delivery, though this one got the partition back', async () => {
    const { push, pass, stale, refused, whenArrived } = requests({ rate: 5 });
    const work = push({ renewMs: 5 });
    stale.add(work);
    await pass(20_000);
    expect([whenArrived(true), refused]).toEqual([[], [work]]);
  });

  it('waits for the end of a hold, whatever test sends without a limit go meanwhile', async () => {
    const { push, pass, limit, whenArrived } = requests({ rate: null });
    push({ renewMs: 5 });
    limit.isHeld = true;
    await pass(1_000);
    push({}, true);
    await pass(1_000);
    expect(whenArrived(true)).toEqual([]);
    limit.isHeld = false;
    await pass(200);
    expect(whenArrived(true)).toHaveLength(1);
  });
});
