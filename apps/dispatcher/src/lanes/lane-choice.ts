import type { Addressee, LaneRoom } from './lane-room.js';
import type { Place, SlowLane } from './slow-lane.js';

/**
 * The decision for a delivery that was read from one of the two lanes. `take`: it goes into its endpoint's
 * queue in memory. `send-to-end`: it is written to the end of the slow lane. `pause`: it stays where it is,
 * and its partition is read again after `ms`, so the records behind it wait too.
 */
export type LaneChoice =
  | { readonly kind: 'take' }
  | { readonly kind: 'send-to-end' }
  | { readonly kind: 'pause'; readonly ms: number };

/**
 * How many deliveries of a partition, and how many bytes, were sent from the slow lane to its end in one second
 * (counted since the epoch).
 */
export interface Requeues {
  readonly second: number;
  readonly count: number;
  readonly bytes: number;
}

/**
 * A delivery that was sent to the end of the slow lane stays there at least this long before it is sent
 * again.
 */
const REQUEUE_AFTER_MS = 5_000;
/**
 * How many deliveries of a partition may be sent to the end a second, and how many bytes. Each costs a write to Kafka, and
 * few others profit from it.
 */
const REQUEUES_PER_SECOND = 200;
const REQUEUES = { count: REQUEUES_PER_SECOND, bytes: 512 * 1_024 } as const;
/**
 * The same while an endpoint that takes deliveries faster than that waits for those further back. More of an endpoint that hangs
 * may come in a second than the limits above let go; then it would never reach its own.
 */
const HURRIED_REQUEUES = { count: 2_000, bytes: 4 * 1_024 * 1_024 } as const;
/**
 * How long to wait for an endpoint that takes deliveries faster than they could be sent to the end. Its queue
 * holds some seconds of work, so it does not run empty meanwhile.
 */
const PROMPT_MS = 200;
/** The shortest pause of a slow lane in which no endpoint has room. */
const LEAST_REST_MS = 1_000;

/**
 * Decides on a delivery in the main lane. It moves to the slow lane when there is no room for it in memory, or
 * when its endpoint already has deliveries in the slow lane. A delivery that a person waits for stays unless
 * too many of them wait for the endpoint.
 */
export function chooseInMainLane(
  delivery: Addressee & { readonly partition: number; readonly urgent: boolean },
  room: Pick<LaneRoom, 'hasRoom' | 'hasUrgentRoom'>,
  slowLane: Pick<SlowLane, 'holds'>,
): LaneChoice {
  const { partition, urgent } = delivery;
  const goesFirst = urgent && room.hasUrgentRoom(delivery);
  const stays = goesFirst || (!slowLane.holds(partition, delivery) && room.hasRoom(delivery));
  return { kind: stays ? 'take' : 'send-to-end' };
}

/** A delivery that was read from the slow lane. */
export interface InSlowLane extends Addressee {
  readonly partition: number;
  /** Where it is in the lane; empty if an older release wrote it there. */
  readonly place: Partial<Place>;
  /** When it was written there, ms since the epoch. */
  readonly writtenAt: number;
  /** When it was last sent to the end from within the lane, ms since the epoch; null when it never was. */
  readonly requeuedAt: number | null;
}

/**
 * A delivery that has been in the slow lane for this long is sent to the end even if no endpoint is known to
 * have room. The lane may hold deliveries that this instance does not know of; so they are still reached long
 * before Kafka's retention deletes them.
 */
const UNSEEN_MS = 15 * 60_000;

/**
 * Decides on a delivery in the slow lane, whose endpoint was too slow for its deliveries. If the endpoint has
 * room again, the delivery is taken. If the endpoint is fast enough to have room soon, the lane waits for it,
 * which keeps the order and writes nothing. If endpoints of deliveries further back may have room, the
 * delivery is sent to the end, so that nobody waits behind an endpoint that hangs; more of them while one of those
 * endpoints is prompt. If no endpoint has room, sending it to the end would help nobody, and the lane pauses.
 * @param requeues how many deliveries of the partition were sent to the end lately.
 * @param now ms since the epoch, like all times here.
 */
export function chooseInSlowLane(
  delivery: InSlowLane,
  room: Pick<LaneRoom, 'hasRoom' | 'isPrompt' | 'runsLow' | 'mayOvertake' | 'isIdle'>,
  slowLane: Pick<SlowLane, 'mayServe' | 'mayServePrompt' | 'isNext' | 'makesWay' | 'keepsOrder'>,
  requeues: Requeues | undefined,
  now: number,
): LaneChoice {
  const { partition, place, writtenAt, requeuedAt } = delivery;
  const mayOvertake = room.mayOvertake(delivery) && !slowLane.keepsOrder(partition, delivery);
  // Those it makes way for may have left the lane unseen, so an endpoint that has nothing to do does not wait for them.
  const isItsTurn = room.isIdle(delivery) || !slowLane.makesWay(partition, delivery, place);
  const mayGo = mayOvertake || (isItsTurn && slowLane.isNext(partition, delivery, place));
  if (mayGo && room.hasRoom(delivery)) return { kind: 'take' };
  if (mayGo && room.isPrompt(delivery, REQUEUES_PER_SECOND)) return { kind: 'pause', ms: PROMPT_MS };
  if (now - writtenAt < UNSEEN_MS && !slowLane.mayServe(partition, place.ownerEpoch, room))
    return { kind: 'pause', ms: LEAST_REST_MS };
  const restMs = requeuedAt === null ? 0 : requeuedAt + REQUEUE_AFTER_MS - now;
  if (restMs > 0) return { kind: 'pause', ms: Math.max(restMs, LEAST_REST_MS) };
  if (mayRequeue(requeues, REQUEUES, now)) return { kind: 'send-to-end' };
  if (!slowLane.mayServePrompt(partition, room, REQUEUES_PER_SECOND))
    return { kind: 'pause', ms: LEAST_REST_MS };
  return mayRequeue(requeues, HURRIED_REQUEUES, now)
    ? { kind: 'send-to-end' }
    : { kind: 'pause', ms: PROMPT_MS };
}

/** Counts another delivery of the partition, of `bytes`, that was sent to the end. */
export function requeuesAfter(requeues: Requeues | undefined, bytes: number, now: number): Requeues {
  const second = secondOf(now);
  return requeues?.second === second
    ? { second, count: requeues.count + 1, bytes: requeues.bytes + bytes }
    : { second, count: 1, bytes };
}

function mayRequeue(
  requeues: Requeues | undefined,
  most: Pick<Requeues, 'count' | 'bytes'>,
  now: number,
): boolean {
  if (requeues?.second !== secondOf(now)) return true;
  return requeues.count < most.count && requeues.bytes < most.bytes;
}

function secondOf(now: number): number {
  return Math.floor(now / 1_000);
}
