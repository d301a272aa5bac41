import { chooseInMainLane, chooseInSlowLane, type Requeues, requeuesAfter } from './lane-choice.js';

/**
 * How an endpoint stands that has room or not, is prompt or not, and has earlier deliveries in the slow lane
 * or not; whether there others may have room, and room for one more that is urgent; and whether older
 * deliveries of the endpoint are further back, which it may overtake or not.
 */
const standing = ({
  room = false,
  urgentRoom = true,
  prompt = false,
  held = false,
  others = true,
  promptOthers = false,
  next = true,
  overtakes = false,
  ordered = false,
  makesWay = false,
  idle = false,
}) => ({
  hasRoom: () => room,
  hasUrgentRoom: () => urgentRoom,
  isPrompt: () => prompt,
  holds: () => held,
  mayServe: () => others,
  mayServePrompt: () => promptOthers,
  isNext: () => next,
  mayOvertake: () => overtakes,
  keepsOrder: () => ordered,
  makesWay: () => makesWay,
  isIdle: () => idle,
  runsLow: () => room,
});
const NOW = 1_000_000;
const inSlowLane = (
  endpoint: ReturnType<typeof standing>,
  requeuedAt: number | null = null,
  requeues?: Requeues,
  writtenAt = NOW - 1_000,
) =>
  chooseInSlowLane(
    {
      partition: 0,
      endpointId: 'a',
      organizationId: 'o',
      place: { ownerEpoch: 'm', order: 1 },
      writtenAt,
      requeuedAt,
    },
    endpoint,
    endpoint,
    requeues,
    NOW,
  );
const times = (count: number, now: number, bytes = 1_000): Requeues | undefined => {
  let requeues: Requeues | undefined;
  for (let i = 0; i < count; i += 1) requeues = requeuesAfter(requeues, bytes, now);
  return requeues;
};

describe('a delivery in the main lane', () => {
  const choose = (endpoint: ReturnType<typeof standing>, urgent = false) =>
    chooseInMainLane({ partition: 0, endpointId: 'a', organizationId: 'o', urgent }, endpoint, endpoint).kind;

  it('is taken where its endpoint has room, and leaves for the slow lane where it has none', () => {
    expect(choose(standing({ room: true }))).toBe('take');
    expect(choose(standing({ room: false }))).toBe('send-to-end');
  });

  it('follows earlier ones of its endpoint into the slow lane, room or not', () => {
    expect(choose(standing({ room: true, held: true }))).toBe('send-to-end');
  });

  it('is taken whatever stands in its way when a person waits for it', () => {
    expect(choose(standing({ room: false, held: true }), true)).toBe('take');
  });

  it('waits like the others, though a person waits for it, when many such are here', () => {
    expect(choose(standing({ urgentRoom: false, room: false }), true)).toBe('send-to-end');
    expect(choose(standing({ urgentRoom: false, room: true, held: true }), true)).toBe('send-to-end');
    expect(choose(standing({ urgentRoom: false, room: true }), true)).toBe('take');
  });
});

describe('a delivery in the slow lane', () => {
  it('is taken once its endpoint has room, however lately it was requeued', () => {
    expect(inSlowLane(standing({ room: true }), NOW)).toEqual({ kind: 'take' });
  });

  it('is waited for a moment where its endpoint will have room in one', () => {
    expect(inSlowLane(standing({ prompt: true }))).toEqual({ kind: 'pause', ms: 200 });
  });

  it('is not taken, nor waited for, while older ones are further back and order is kept', () => {
    const behind = { next: false, room: true, prompt: true };
    expect(inSlowLane(standing(behind))).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(standing({ ...behind, others: false }))).toEqual({ kind: 'pause', ms: 1_000 });
    expect(inSlowLane(standing({ ...behind, overtakes: true }))).toEqual({ kind: 'take' });
    const ordered = { ...behind, overtakes: true, ordered: true };
    expect(inSlowLane(standing(ordered))).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(standing({ ...ordered, next: true }))).toEqual({ kind: 'take' });
  });

  it('makes way for others of its endpoint as long as that has work, and never overtakes its own kind', () => {
    const behind = { makesWay: true, room: true };
    expect(inSlowLane(standing(behind))).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(standing({ ...behind, idle: true }))).toEqual({ kind: 'take' });
    expect(inSlowLane(standing({ ...behind, idle: true, next: false }))).toEqual({ kind: 'send-to-end' });
  });

  it('stays where it is while nobody behind it has room either', () => {
    expect(inSlowLane(standing({ others: false }))).toEqual({ kind: 'pause', ms: 1_000 });
    expect(inSlowLane(standing({ others: false }), NOW)).toEqual({ kind: 'pause', ms: 1_000 });
    expect(inSlowLane(standing({ others: false, room: true }))).toEqual({ kind: 'take' });
    expect(inSlowLane(standing({ others: false, prompt: true }))).toEqual({ kind: 'pause', ms: 200 });
  });

  it('is requeued all the same after a quarter of an hour, should there be some that nobody knows of', () => {
    const nobody = standing({ others: false });
    expect(inSlowLane(nobody, null, undefined, NOW - 899_999)).toEqual({ kind: 'pause', ms: 1_000 });
    expect(inSlowLane(nobody, null, undefined, NOW - 900_000)).toEqual({ kind: 'send-to-end' });
  });

  it('goes to the end at once when it was not there before, and then after 5 seconds each', () => {
    const hanging = standing({});
    expect(inSlowLane(hanging)).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(hanging, NOW)).toEqual({ kind: 'pause', ms: 5_000 });
    expect(inSlowLane(hanging, NOW - 3_000)).toEqual({ kind: 'pause', ms: 2_000 });
    expect(inSlowLane(hanging, NOW - 4_999)).toEqual({ kind: 'pause', ms: 1_000 });
    expect(inSlowLane(hanging, NOW - 5_000)).toEqual({ kind: 'send-to-end' });
  });

  it('waits a second when 200 of its partition were requeued within this one', () => {
    const hanging = standing({});
    expect(inSlowLane(hanging, null, times(199, NOW))).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(hanging, null, times(200, NOW))).toEqual({ kind: 'pause', ms: 1_000 });
    expect(inSlowLane(hanging, null, times(200, NOW - 1_000))).toEqual({ kind: 'send-to-end' });
    expect(requeuesAfter(times(200, NOW - 1_000), 7, NOW)).toEqual({ second: 1_000, count: 1, bytes: 7 });
  });

  it('goes to the end ten times as often while a prompt endpoint waits for deliveries further back', () => {
    const before = standing({ promptOthers: true });
    expect(inSlowLane(before, null, times(1_999, NOW))).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(before, null, times(2_000, NOW))).toEqual({ kind: 'pause', ms: 200 });
    expect(inSlowLane(before, null, times(400, NOW, 10_000))).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(before, null, times(420, NOW, 10_000))).toEqual({ kind: 'pause', ms: 200 });
    expect(inSlowLane(before, NOW)).toEqual({ kind: 'pause', ms: 5_000 });
  });

  it('waits a second when half a megabyte of its partition were requeued within this one', () => {
    const hanging = standing({});
    expect(inSlowLane(hanging, null, times(2, NOW, 250_000))).toEqual({ kind: 'send-to-end' });
    expect(inSlowLane(hanging, null, times(3, NOW, 250_000))).toEqual({ kind: 'pause', ms: 1_000 });
    expect(inSlowLane(hanging, null, times(3, NOW - 1_000, 250_000))).toEqual({ kind: 'send-to-end' });
  });
});
