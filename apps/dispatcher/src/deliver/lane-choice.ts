import type { QueuedWork } from './endpoint-queue.js';
import type { EndpointQueues } from './endpoint-queues.js';
import type { SlowLane } from './slow-lane.js';

/**
 * What becomes of a delivery that was read from one of the two lanes: it is taken into its endpoint's queue, sent to the
 * end of the slow lane, or put off, and with it all that stands behind it, for `ms`.
 */
export type LaneChoice =
  | { readonly kind: 'take' }
  | { readonly kind: 'send-to-end' }
  | { readonly kind: 'put-off'; readonly ms: number };

/** How many deliveries of a partition went round the slow lane within a second, counted since the epoch. */
export interface GoneRound {
  readonly second: number;
  readonly count: number;
}

type Room = Pick<EndpointQueues<QueuedWork>, 'hasRoom' | 'hasUrgentRoom' | 'isPrompt'>;

/** What goes round is not looked at again sooner. */
const ROUND_MS = 5_000;
/** So many of a partition go round in a second: rewriting them costs, and those they make room for are few. */
const GOING_ROUND_PER_SECOND = 200;
/** An endpoint that takes more than that is waited for: its queue, of some seconds, does not run empty meanwhile. */
const PROMPT_MS = 200;
/** Who is not waited for is not looked at again sooner; nor is a lane in which nobody has room. */
const LEAST_REST_MS = 1_000;

/**
 * Of a delivery in the main lane: it leaves for the slow one when its endpoint has no room, or has earlier ones there. What
 * a person waits for does so only when the endpoint has as many such here as go first.
 */
export function chooseInMainLane(
  {
    partition,
    endpointId,
    urgent,
  }: Pick<QueuedWork, 'endpointId' | 'urgent'> & { readonly partition: number },
  room: Pick<Room, 'hasRoom' | 'hasUrgentRoom'>,
  slowLane: Pick<SlowLane, 'holds'>,
): LaneChoice {
  const goesFirst = urgent && room.hasUrgentRoom(endpointId);
  const stays = goesFirst || (!slowLane.holds(partition, endpointId) && room.hasRoom(endpointId));
  return { kind: stays ? 'take' : 'send-to-end' };
}

/** A delivery as it stands in the slow lane. */
export interface InSlowLane {
  readonly partition: number;
  readonly endpointId: string;
  /** Who wrote it there, see {@link SlowLane.goes}. */
  readonly mark: string | undefined;
  /** When it was written there, ms since the epoch. */
  readonly writtenAt: number;
  /** When it was last sent to the end from within the lane, ms since the epoch; null when it never was. */
  readonly goesRoundSince: number | null;
}

/**
 * What has stood in the slow lane for so long goes round though nobody is known to have room: should ever something be there
 * that this copy does not know of, it comes to its turn, and nothing grows as old as Kafka keeps it.
 */
const UNSEEN_MS = 15 * 60_000;

/**
 * Of a delivery in the slow lane, those of endpoints that do not keep up. Who has room again takes it, and who will have in
 * a moment is waited for, which keeps their order and rewrites nothing. Where others behind it may have room, it goes to the
 * end of the lane once more, so that nobody waits behind an endpoint that hangs; where nobody has, rewriting would serve
 * nobody.
 *
 * @param gone what went round of its partition lately.
 * @param now like all times here, ms since the epoch.
 */
export function chooseInSlowLane(
  { partition, endpointId, mark, writtenAt, goesRoundSince }: InSlowLane,
  room: Pick<Room, 'hasRoom' | 'isPrompt'>,
  slowLane: Pick<SlowLane, 'mayServe'>,
  gone: GoneRound | undefined,
  now: number,
): LaneChoice {
  if (room.hasRoom(endpointId)) return { kind: 'take' };
  if (room.isPrompt(endpointId, GOING_ROUND_PER_SECOND)) return { kind: 'put-off', ms: PROMPT_MS };
  if (now - writtenAt < UNSEEN_MS && !slowLane.mayServe(partition, mark, room))
    return { kind: 'put-off', ms: LEAST_REST_MS };
  const restMs = goesRoundSince === null ? 0 : goesRoundSince + ROUND_MS - now;
  if (restMs > 0 || !mayGoRound(gone, now)) return { kind: 'put-off', ms: Math.max(restMs, LEAST_REST_MS) };
  return { kind: 'send-to-end' };
}

/** One more of the partition goes round. */
export function goneRoundAfter(gone: GoneRound | undefined, now: number): GoneRound {
  const second = secondOf(now);
  return { second, count: gone?.second === second ? gone.count + 1 : 1 };
}

function mayGoRound(gone: GoneRound | undefined, now: number): boolean {
  return gone?.second !== secondOf(now) || gone.count < GOING_ROUND_PER_SECOND;
}

function secondOf(now: number): number {
  return Math.floor(now / 1_000);
}
