import fc from 'fast-check';

import type { Addressee } from './lane-room.js';
import { SlowLane } from './slow-lane.js';

const nobody = { hasRoom: () => false };
const only = (...roomy: string[]) => ({
  hasRoom: ({ endpointId }: Addressee) => roomy.includes(endpointId),
});
const to = (endpointId: string): Addressee => ({ endpointId, organizationId: 'o' });

describe('the slow lane', () => {
  it('holds later deliveries of an endpoint until all earlier ones were read back', () => {
    const lane = new SlowLane();
    const ownerEpoch = lane.enqueued(0, to('a'));
    lane.enqueued(0, to('a'));
    lane.dequeued(0, to('a'), ownerEpoch);
    expect(lane.holds(0, to('a'))).toBe(true);
    lane.dequeued(0, to('a'), ownerEpoch);
    expect([lane.holds(0, to('a')), lane.size]).toEqual([false, 0]);
  });

  it('holds no other delivery behind those that make way, and these behind all', () => {
    const lane = new SlowLane();
    const behind = { ...to('a'), background: true };
    const ownerEpoch = lane.enqueued(0, behind);
    expect([lane.holds(0, to('a')), lane.holds(0, behind), lane.size]).toEqual([false, true, 1]);
    lane.enqueued(0, to('a'));
    lane.dequeued(0, behind, ownerEpoch);
    expect([lane.holds(0, to('a')), lane.holds(0, behind), lane.size]).toEqual([true, true, 1]);
    lane.dequeued(0, to('a'), ownerEpoch);
    expect([lane.holds(0, to('a')), lane.holds(0, behind), lane.size]).toEqual([false, false, 0]);
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
    const ownerEpoch = lane.enqueued(0, to('a'));
    lane.dequeued(0, to('a'), undefined);
    lane.dequeued(0, to('a'), 'of another instance');
    lane.dequeued(0, to('a'), former);
    expect(lane.holds(0, to('a'))).toBe(true);
    lane.dequeued(0, to('a'), ownerEpoch);
    expect(lane.holds(0, to('a'))).toBe(false);
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
    const ownerEpoch = lane.enqueued(0, to('a'));
    lane.enqueued(0, to('b'));
    lane.enqueued(1, to('c'));
    expect(lane.mayServe(0, ownerEpoch, nobody)).toBe(false);
    expect(lane.mayServe(0, ownerEpoch, only('c'))).toBe(false);
    expect(lane.mayServe(0, ownerEpoch, only('b'))).toBe(true);
    expect(lane.mayServe(0, ownerEpoch, only('a'))).toBe(true);
    lane.dequeued(0, to('a'), ownerEpoch);
    expect(lane.mayServe(0, ownerEpoch, only('a'))).toBe(false);
  });

  it('there is none to be served while only those that make way are there, and only others have room', () => {
    const lane = new SlowLane();
    const roomForOthers = { hasRoom: ({ background }: Addressee) => background !== true };
    const ownerEpoch = lane.enqueued(0, { ...to('a'), background: true });
    expect(lane.mayServe(0, ownerEpoch, roomForOthers)).toBe(false);
    lane.enqueued(0, to('a'));
    expect(lane.mayServe(0, ownerEpoch, roomForOthers)).toBe(true);
    lane.dequeued(0, to('a'), ownerEpoch);
    expect(lane.mayServe(0, ownerEpoch, roomForOthers)).toBe(false);
  });

  it('is never overlooked, whoever comes and goes and has room', () => {
    const endpointId = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ endpointId, comes: fc.boolean(), roomy: fc.subarray(['a', 'b', 'c']) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const lane = new SlowLane();
        const ownerEpoch = lane.enqueued(0, to('a'));
        const there = ['a'];
        for (const { endpointId: id, comes, roomy } of steps) {
          if (!comes) there.push(id);
          else if (there.includes(id)) there.splice(there.indexOf(id), 1);
          if (comes) lane.dequeued(0, to(id), ownerEpoch);
          else lane.enqueued(0, to(id));
          expect(lane.mayServe(0, ownerEpoch, only(...roomy))).toBe(
            roomy.some((each) => there.includes(each)),
          );
          for (const each of ['a', 'b', 'c']) expect(lane.holds(0, to(each))).toBe(there.includes(each));
        }
      }),
    );
  });
});
