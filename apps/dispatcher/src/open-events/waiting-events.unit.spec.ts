import { canonicalEventSchema, type EndpointState, Topics } from '@skillora/contracts';

import type { Clock } from '../clock.js';
import { anyEvent } from '../testing/any-event.js';
import { OpenEvent } from './open-event.js';
import { aUnit, encoded, endpoint, type UnitOptions } from './testing/a-unit.js';
import { UNIT_DEFAULTS } from './unit-ports.js';
import { WaitingEvents } from './waiting-events.js';

const WIDE = 'wide';
const OTHER = 'other';
const { slice } = UNIT_DEFAULTS;
/** More than fit into memory at once, and one of another organisation. */
const endpoints: EndpointState[] = [
  ...Array.from({ length: slice + 10 }, (_, index) => ({
    ...endpoint,
    id: `0a000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    organizationId: WIDE,
  })),
  { ...endpoint, organizationId: OTHER },
];

/** A clock on which everything is due whenever it is asked; timers other than those without a delay are collected. */
function aFastClock(timers: (() => void)[] = []): Clock {
  let moment = 0;
  return {
    now: () => (moment += 1_000),
    monotonic: () => 0,
    after: (ms, act) => {
      if (ms === 0) queueMicrotask(act);
      else timers.push(act);
      return () => undefined;
    },
  };
}

async function aUnitWithAWideEvent(options: UnitOptions = {}, mostDeliveries = 20_000) {
  const holdings = { deliveries: mostDeliveries, bytes: 100_000_000 };
  const unit = await aUnit(holdings, { clock: aFastClock(), ...options, endpoints });
  const { host, delivered, offer } = unit;
  const wide = anyEvent({ organizationId: WIDE });
  expect(await offer(canonicalEventSchema.encode(wide))).toBeNull();
  expect(delivered).toHaveLength(slice);
  const of = (organizationId: string) =>
    delivered.filter(({ delivery }) => delivery.organizationId === organizationId);
  const end = async (some: typeof delivered): Promise<void> => {
    for (const { record, delivery } of some) {
      const value = Buffer.from(delivery.deliveryId);
      record.batch.ack(record.record.offset, [{ topic: Topics.deliveryResults, key: 'd', value }]);
    }
    await host.flush();
  };
  return { ...unit, wide, of, end };
}

describe('an event with more endpoints than fit into memory', () => {
  it('holds up no event of another organisation', async () => {
    const { offer, of } = await aUnitWithAWideEvent();
    expect(await offer(encoded({ organizationId: OTHER }), encoded({ organizationId: OTHER }))).toBeNull();
    expect(of(OTHER)).toHaveLength(2);
  });

  it('goes before the later ones of its organisation, which follow by themselves, in order', async () => {
    const { wide, offer, of, end, host } = await aUnitWithAWideEvent();
    const later = [1, 2].map(() => anyEvent({ organizationId: WIDE }));
    expect(await offer(...later.map((each) => canonicalEventSchema.encode(each)))).toBeNull();
    expect(of(WIDE)).toHaveLength(slice);
    let ended = 0;
    while (ended < of(WIDE).length) {
      const next = of(WIDE).slice(ended, ended + slice / 4);
      ended += next.length;
      await end(next);
    }
    const events = of(WIDE).map(({ delivery }) => delivery.eventId);
    const runs = events.filter((id, index) => id !== events[index - 1]);
    expect(runs).toEqual([wide.id, ...later.map(({ id }) => id)]);
    expect(events).toHaveLength(3 * (slice + 10));
    expect(host.window(Topics.events).inFlight).toBe(0);
  });

  it('keeps repeats of its organisation on the log, whose reports would say that all before them were told', async () => {
    const { wide, offer, end, of } = await aUnitWithAWideEvent();
    const repeat = canonicalEventSchema.encode(wide);
    expect(await offer(encoded({ organizationId: WIDE }), repeat, encoded({ organizationId: OTHER }))).toBe(
      2n,
    );
    await end(of(WIDE));
    await end(of(WIDE).slice(slice));
    await end(of(WIDE).slice(slice + 10));
    expect(await offer(repeat, encoded({ organizationId: OTHER }))).toBeNull();
    expect(of(OTHER)).toHaveLength(1);
  });

  it('leaves the rest on the log when very many wait', async () => {
    let waiting = 0;
    const { offer } = await aUnitWithAWideEvent({ waiting: () => waiting });
    waiting = 1;
    const many = Array.from({ length: 1_000 }, () => encoded({ organizationId: WIDE }));
    // The wide event is the first of a thousand, and has the offset 0.
    expect(await offer(...many)).toBe(1_000n);
  });

  it('lets those behind it wait while many deliveries are held, though few wait for the instance', async () => {
    let waiting = 0;
    const { host, of, offer, end } = await aUnitWithAWideEvent({ waiting: () => waiting }, slice + 5);
    waiting = 1;
    await offer(encoded({ organizationId: WIDE }));
    await end(of(WIDE).slice(0, slice / 2));
    expect(of(WIDE)).toHaveLength(slice + 10);
    waiting = 0;
    const others = Array.from({ length: slice / 2 - 5 }, () => encoded({ organizationId: OTHER }));
    expect(await offer(...others)).toBeNull();
    host.resume();
    expect(of(WIDE)).toHaveLength(slice + 10);
    await end(of(OTHER).slice(0, 1));
    expect(of(WIDE)).toHaveLength(2 * slice + 10);
  });

  it('lets those behind it wait while the instance has no room, and asks again', async () => {
    let waiting = 0;
    const timers: (() => void)[] = [];
    const { of, offer, end } = await aUnitWithAWideEvent({
      clock: aFastClock(timers),
      waiting: () => waiting,
    });
    await offer(encoded({ organizationId: WIDE }));
    waiting = 1;
    await end(of(WIDE));
    await end(of(WIDE).slice(slice));
    expect(of(WIDE)).toHaveLength(slice + 10);
    waiting = 0;
    for (const act of timers.splice(0)) act();
    expect(of(WIDE)).toHaveLength(2 * slice + 10);
  });
});

describe('what waits behind wide events', () => {
  const opened = (body: string): OpenEvent =>
    new OpenEvent(0n, anyEvent({ organizationId: WIDE, body }), 'entry', 0);

  it('is bounded by its number and by its bytes', () => {
    const [small, large] = [opened('{}'), opened('x'.repeat(5 * 1_024 * 1_024))];
    const events = new WaitingEvents();
    events.add(WIDE, large);
    expect([events.hasRoomFor(small.event), events.hasRoomFor(large.event)]).toEqual([true, false]);
    for (let waiting = 1; waiting < 1_000; waiting += 1) events.add(`organisation ${waiting}`, small);
    expect(events.hasRoomFor(small.event)).toBe(false);
    events.next(WIDE);
    expect([events.hasRoomFor(small.event), events.hasRoomFor(large.event)]).toEqual([true, true]);
  });

  it('is offered with another organisation first each time', () => {
    const events = new WaitingEvents();
    for (const organization of ['a', 'b', 'c']) events.add(organization, opened('{}'));
    const firsts = [1, 2, 3, 4].map(() => events.inTurns()[0]?.[0]);
    expect(firsts).toEqual(['a', 'b', 'c', 'a']);
  });

  it('comes in order, each organisation apart, and is forgotten at the end', () => {
    const [first, second, another] = [opened('1'), opened('2'), opened('3')];
    const events = new WaitingEvents();
    events.add(WIDE, first);
    events.add(WIDE, second);
    events.add(OTHER, another);
    expect(events.next(WIDE)).toBe(second);
    expect(events.next(WIDE)).toBeUndefined();
    expect([...events.organizations.keys()]).toEqual([OTHER]);
  });
});
