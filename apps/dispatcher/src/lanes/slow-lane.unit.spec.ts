import fc from 'fast-check';

import type { Addressee } from './lane-room.js';
import { type Place, SlowLane } from './slow-lane.js';

const nobody = { runsLow: () => false };
const only = (...roomy: string[]) => ({
  runsLow: ({ endpointId }: Addressee) => roomy.includes(endpointId),
});
const to = (endpointId: string): Addressee => ({ endpointId, organizationId: 'o' });

describe('the slow lane', () => {
  it('holds later deliveries of an endpoint until all earlier ones were read back', () => {
    const lane = new SlowLane();
    const place = lane.enqueued(0, to('a'));
    lane.enqueued(0, to('a'));
    lane.dequeued(0, to('a'), place);
    expect(lane.holds(0, to('a'))).toBe(true);
    lane.dequeued(0, to('a'), place);
    expect([lane.holds(0, to('a')), lane.size]).toEqual([false, 0]);
  });

  it('holds no other delivery behind those that make way, and these behind all', () => {
    const lane = new SlowLane();
    const behind = { ...to('a'), background: true };
    const place = lane.enqueued(0, behind);
    expect([lane.holds(0, to('a')), lane.holds(0, behind), lane.size]).toEqual([false, true, 1]);
    lane.enqueued(0, to('a'));
    lane.dequeued(0, behind, place);
    expect([lane.holds(0, to('a')), lane.holds(0, behind), lane.size]).toEqual([true, true, 1]);
    lane.dequeued(0, to('a'), place);
    expect([lane.holds(0, to('a')), lane.holds(0, behind), lane.size]).toEqual([false, false, 0]);
  });

  it('keeps the order of an endpoint that asked for it until all have been taken, but for those that make way', () => {
    const lane = new SlowLane();
    const behind = { ...to('a'), background: true };
    lane.keepOrder(0, to('a'), true);
    expect(lane.keepsOrder(0, to('a'))).toBe(false);
    const place = lane.enqueued(0, to('a'));
    lane.enqueued(0, to('b'));
    lane.keepOrder(0, to('a'), true);
    expect([to('a'), behind, to('b')].map((each) => lane.keepsOrder(0, each))).toEqual([true, false, false]);
    lane.keepOrder(0, to('a'), false);
    expect(lane.keepsOrder(0, to('a'))).toBe(false);
    lane.keepOrder(0, to('a'), true);
    lane.dequeued(0, to('a'), place);
    lane.enqueued(0, to('a'));
    expect(lane.keepsOrder(0, to('a'))).toBe(false);
  });

  it('may serve a prompt endpoint while that has deliveries there, and room', () => {
    const lane = new SlowLane();
    const prompt = {
      isPrompt: ({ endpointId }: Addressee, perSecond: number) => endpointId === 'b' && perSecond <= 200,
    };
    const place = lane.enqueued(0, to('b'));
    lane.enqueued(0, to('a'));
    const may = (partition: number, roomy: string[], perSecond = 200): boolean =>
      lane.mayServePrompt(partition, { ...only(...roomy), ...prompt }, perSecond);
    expect([may(0, ['a', 'b']), may(0, ['a']), may(0, ['b'], 201), may(1, ['a', 'b'])]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    lane.dequeued(0, to('b'), place);
    expect(may(0, ['a', 'b'])).toBe(false);
  });

  it('forgets what is another instance’s', () => {
    const lane = new SlowLane();
    lane.enqueued(0, to('a'));
    lane.enqueued(1, to('b'));
    lane.lost(0);
    expect([lane.holds(0, to('a')), lane.holds(1, to('b')), lane.size]).toEqual([false, true, 1]);
  });

  it('does not take for its own what a former owner left there, or it itself before it lost the partition', () => {
    const lane = new SlowLane();
    const former = lane.enqueued(0, to('a'));
    lane.lost(0);
    const place = lane.enqueued(0, to('a'));
    lane.dequeued(0, to('a'), {});
    lane.dequeued(0, to('a'), { ownerEpoch: 'of another instance', order: 1 });
    lane.dequeued(0, to('a'), former);
    expect(lane.holds(0, to('a'))).toBe(true);
    lane.dequeued(0, to('a'), place);
    expect(lane.holds(0, to('a'))).toBe(false);
  });
});

/** An endpoint's deliveries in the slow lane and in memory, by their numbers. */
function travels() {
  const lane = new SlowLane();
  const written: { readonly number: number; readonly place: Place }[] = [];
  const memory: number[] = [];
  const begun: number[] = [];
  const endpoint = { ...to('a'), partition: 0 };
  let came = 0;
  return {
    lane,
    written,
    memory,
    begun,
    comes: (): void => {
      const number = (came += 1);
      if (lane.holds(0, endpoint)) written.push({ number, place: lane.enqueued(0, endpoint) });
      else memory.push(number);
    },
    /** The next record of the lane is read, and its delivery taken if there is room and it may be. */
    isRead: (hasRoom: boolean): void => {
      const read = written.shift();
      if (!read) return;
      if (hasRoom && lane.isNext(0, endpoint, read.place)) {
        lane.dequeued(0, endpoint, read.place);
        memory.push(read.number);
      } else written.push({ ...read, place: lane.requeued(0, endpoint, read.place) });
    },
    givesBack: (count: number): void => {
      const back = memory.splice(Math.max(0, memory.length - count));
      const works = back.map((number) => ({ ...endpoint, number }));
      for (const [{ number }, place] of lane.gaveBack(works)) written.push({ number, place });
    },
    begins: (): void => void begun.push(...memory.splice(0, 1)),
  };
}

describe('the deliveries of an endpoint with a rate limit', () => {
  it('are taken from the slow lane in the order in which they came, however often they are requeued', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'comes' as const }),
      fc.constant({ kind: 'begins' as const }),
      fc.record({ kind: fc.constant('read' as const), hasRoom: fc.boolean() }),
      fc.record({ kind: fc.constant('back' as const), count: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const { lane, written, memory, begun, comes, begins, isRead, givesBack } = travels();
        for (const each of steps) {
          if (each.kind === 'comes') comes();
          else if (each.kind === 'begins') begins();
          else if (each.kind === 'read') isRead(each.hasRoom);
          else givesBack(each.count);
        }
        // Each reading of the whole lane takes one at least.
        for (let left = written.length ** 2; left > 0; left -= 1) isRead(true);
        while (memory.length > 0) begins();
        expect([written, lane.size]).toEqual([[], 0]);
        expect(begun).toEqual(begun.toSorted((a, b) => a - b));
      }),
    );
  });

  it('that make way do so while others are there, and keep an order of their own', () => {
    const lane = new SlowLane();
    const behind = { ...to('a'), background: true };
    const [place, later] = [lane.enqueued(0, behind), lane.enqueued(0, behind)];
    expect([place, later].map((each) => lane.isNext(0, behind, each))).toEqual([true, false]);
    expect(lane.makesWay(0, behind, place)).toBe(false);
    const other = lane.enqueued(0, to('a'));
    expect([lane.makesWay(0, behind, place), lane.makesWay(0, to('a'), other)]).toEqual([true, false]);
    expect(lane.makesWay(0, behind, { ...place, ownerEpoch: 'of another instance' })).toBe(false);
    lane.dequeued(0, to('a'), other);
    expect(lane.makesWay(0, behind, place)).toBe(false);
    lane.dequeued(0, behind, place);
    expect(lane.isNext(0, behind, later)).toBe(true);
  });

  it('go on behind one whose record was put aside, in their order, after they went round for a minute', () => {
    const lane = new SlowLane();
    const missing = lane.enqueued(0, to('a'));
    const places = [2, 3, 4].map(() => lane.enqueued(0, to('a')));
    const taken: number[] = [];
    const requeuedAt = new Map<Place, number>();
    for (let now = 1_000; now < 200_000; now += 5_000) {
      // Each reading of the lane begins at another one.
      places.push(...places.splice(0, 1));
      for (const place of [...places]) {
        lane.saw(0, to('a'), place, requeuedAt.get(place) ?? null, now);
        if (lane.isNext(0, to('a'), place)) {
          lane.dequeued(0, to('a'), place);
          places.splice(places.indexOf(place), 1);
          taken.push(place.order);
        } else requeuedAt.set(place, now);
      }
      if (now < 60_000) expect(taken).toEqual([]);
    }
    expect([missing.order, taken, lane.holds(0, to('a')), lane.size]).toEqual([1, [2, 3, 4], false, 0]);
  });

  it('wait for an older one as long as it is seen in the lane, or was not looked for', () => {
    const lane = new SlowLane();
    const older = lane.enqueued(0, to('a'));
    const later = lane.enqueued(0, to('a'));
    lane.saw(0, to('a'), later, null, 0);
    for (let now = 0; now < 600_000; now += 5_000) {
      lane.saw(0, to('a'), older, now - 5_000, now);
      lane.saw(0, to('a'), later, now - 5_000, now);
      expect([lane.isNext(0, to('a'), older), lane.isNext(0, to('a'), later)]).toEqual([true, false]);
    }
    // The lane was paused for an hour: this one was requeued before, and nothing is known since.
    lane.saw(0, to('a'), later, 595_000, 4_200_000);
    expect(lane.isNext(0, to('a'), later)).toBe(false);
  });

  it('wait for those that leave the memory meanwhile', () => {
    const lane = new SlowLane();
    const place = lane.enqueued(0, to('a'));
    lane.enqueued(0, to('a'));
    lane.dequeued(0, to('a'), place);
    const later = lane.enqueued(0, to('a'));
    lane.saw(0, to('a'), later, null, 0);
    lane.gaveBack([{ ...to('a'), partition: 0 }]);
    lane.saw(0, to('a'), later, 61_000, 62_000);
    expect(lane.isNext(0, to('a'), later)).toBe(false);
  });

  it('are next whatever their number is, if this instance did not write them there', () => {
    const lane = new SlowLane();
    lane.enqueued(0, to('a'));
    expect(lane.isNext(0, to('a'), {})).toBe(true);
    expect(lane.isNext(0, to('a'), { ownerEpoch: 'of another instance', order: 7 })).toBe(true);
  });
});

describe('behind a delivery in the slow lane', () => {
  it('there may be any while it was written by a former owner', () => {
    const lane = new SlowLane();
    expect(lane.mayServe(0, undefined, nobody)).toBe(true);
    lane.enqueued(0, to('a'));
    expect(lane.mayServe(0, 'of another instance', nobody)).toBe(true);
  });

  it('there is one to be served exactly when an endpoint of the same partition has room', () => {
    const lane = new SlowLane();
    const place = lane.enqueued(0, to('a'));
    lane.enqueued(0, to('b'));
    lane.enqueued(1, to('c'));
    expect(lane.mayServe(0, place.ownerEpoch, nobody)).toBe(false);
    expect(lane.mayServe(0, place.ownerEpoch, only('c'))).toBe(false);
    expect(lane.mayServe(0, place.ownerEpoch, only('b'))).toBe(true);
    expect(lane.mayServe(0, place.ownerEpoch, only('a'))).toBe(true);
    lane.dequeued(0, to('a'), place);
    expect(lane.mayServe(0, place.ownerEpoch, only('a'))).toBe(false);
  });

  it('there is none to be served while only those that make way are there, and only others have room', () => {
    const lane = new SlowLane();
    const roomForOthers = { runsLow: ({ background }: Addressee) => background !== true };
    const place = lane.enqueued(0, { ...to('a'), background: true });
    expect(lane.mayServe(0, place.ownerEpoch, roomForOthers)).toBe(false);
    lane.enqueued(0, to('a'));
    expect(lane.mayServe(0, place.ownerEpoch, roomForOthers)).toBe(true);
    lane.dequeued(0, to('a'), place);
    expect(lane.mayServe(0, place.ownerEpoch, roomForOthers)).toBe(false);
  });

  it('is never overlooked, whoever comes and goes and has room', () => {
    const endpointId = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ endpointId, comes: fc.boolean(), roomy: fc.subarray(['a', 'b', 'c']) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lane = new SlowLane();
        const place = lane.enqueued(0, to('a'));
        const there = ['a'];
        for (const { endpointId: id, comes, roomy } of steps) {
          if (!comes) there.push(id);
          else if (there.includes(id)) there.splice(there.indexOf(id), 1);
          if (comes) lane.dequeued(0, to(id), place);
          else lane.enqueued(0, to(id));
          expect(lane.mayServe(0, place.ownerEpoch, only(...roomy))).toBe(
            roomy.some((each) => there.includes(each)),
          );
          for (const each of ['a', 'b', 'c']) expect(lane.holds(0, to(each))).toBe(there.includes(each));
        }
      }),
    );
  });
});
