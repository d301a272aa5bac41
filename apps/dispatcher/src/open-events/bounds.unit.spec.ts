import { waitingIn } from '../queues/backlog.js';
import { Holdings } from './holdings.js';
import { mayBegin } from './last-heartbeat.js';
import { UNIT_RULES } from './unit-ports.js';

describe('what open events hold', () => {
  it('is bounded by deliveries, however few events they are of', () => {
    const holdings = new Holdings({ deliveries: 10, bytes: 1_000_000 });
    holdings.take(10, 100);
    expect(holdings.hasRoom).toBe(false);
    holdings.leave(1, 0);
    expect(holdings.hasRoom).toBe(true);
  });

  it('is bounded by bytes, of bodies and of results that wait', () => {
    const holdings = new Holdings({ deliveries: 10, bytes: 1_000 });
    holdings.take(1, 600);
    expect(holdings.hasRoom).toBe(true);
    holdings.take(0, 400);
    expect(holdings.hasRoom).toBe(false);
  });

  it('has room for deliveries of an event that is held, however many bytes are', () => {
    const holdings = new Holdings({ deliveries: 10, bytes: 1_000 });
    holdings.take(9, 2_000);
    expect([holdings.hasRoom, holdings.hasRoomForDeliveries]).toEqual([false, true]);
    holdings.take(1, 0);
    expect(holdings.hasRoomForDeliveries).toBe(false);
  });

  it('fills the room by deliveries or by bytes, whichever is more', () => {
    const holdings = new Holdings({ deliveries: 10, bytes: 1_000 });
    holdings.take(1, 500);
    expect([holdings.held, holdings.heldBytes, holdings.fullness]).toEqual([1, 500, 0.5]);
    holdings.take(8, 0);
    expect(holdings.fullness).toBe(0.9);
  });

  it('may be one event of any size', () => {
    const holdings = new Holdings({ deliveries: 10, bytes: 1_000 });
    holdings.take(50, 5_000);
    holdings.leave(50, 0);
    // Bodies count as long as what became of their events is not written.
    expect(holdings.hasRoom).toBe(false);
    holdings.leave(0, 5_000);
    expect(holdings.hasRoom).toBe(true);
  });
});

describe('an attempt', () => {
  it('may begin up to a second before the session may be over', () => {
    expect(mayBegin(1_000, 9_999, 10_000)).toBe(true);
    expect(mayBegin(1_000, 10_000, 10_000)).toBe(false);
    expect(mayBegin(1_000, 31_000, 10_000)).toBe(false);
  });
});

describe('a unit', () => {
  const mayReadOn = (waiting: Record<string, number>, begunLately = 0) => {
    const queues = Object.entries(waiting).map(([organizationId, count]) => ({
      organizationId,
      waiting: count,
    }));
    return UNIT_RULES.mayReadOn({ ...waitingIn(queues), begunLately, atOnce: 64 }, 'o');
  };

  it('reads no further ahead than the instance begins in 200 ms, or can have in progress', () => {
    expect(mayReadOn({ o: 63 })).toBe(true);
    expect(mayReadOn({ o: 64 })).toBe(false);
    expect(mayReadOn({ o: 64 }, 200)).toBe(true);
    expect(mayReadOn({ o: 200 }, 200)).toBe(false);
  });

  it('reads on for an organisation with less than its share of that, whatever others have waiting', () => {
    const beside = (ofOrganization: number) => mayReadOn({ o: ofOrganization, a: 500, b: 500, c: 500 });
    expect([beside(0), beside(15), beside(16), beside(400)]).toEqual([true, true, false, false]);
    expect(mayReadOn({ a: 1_000 })).toBe(true);
  });
});
