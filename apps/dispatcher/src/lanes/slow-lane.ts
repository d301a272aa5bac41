import { randomUUID } from 'node:crypto';

import type { Addressee, LaneRoom } from './lane-room.js';

/** What this instance knows of a partition of the slow lane, since it owns the partition. */
interface Share {
  /**
   * Names the time for which this instance owns the partition. It is on all records that this instance writes
   * there. A record with another one was there before.
   */
  readonly ownerEpoch: string;
  /** The endpoints whose deliveries this instance has written there and not read back. */
  readonly away: Map<string, Away>;
  /** Deliveries that had room at the last search. */
  withRoom: Waiting | null;
}

/** Where a delivery is in the slow lane. It is on its record. */
export interface Place {
  /** Which owner of the partition wrote it there. */
  readonly ownerEpoch: string;
  /** Its number among the deliveries of its endpoint, in the order in which they came. */
  readonly order: number;
}

/** Deliveries of one endpoint in the slow lane, all of one kind. */
interface Waiting extends Addressee {
  /** How many there are. */
  count: number;
  /** All from this number on are there. Older ones have been taken, or were overtaken. */
  next: number;
  /** The number of the newest. */
  last: number;
  /** When the next one was last seen there, ms since the epoch; null when nothing was read since it is the next. */
  nextSeenAt: number | null;
  /** The lowest number of those that were seen since then. */
  lowestSeen: number;
}

/**
 * Later deliveries of an endpoint go round the lane for this long without the next one being seen. Then its record
 * has left the lane without being taken: it was put aside, or never written. Writes under way take less, ms.
 */
const MISSING_AFTER_MS = 60_000;

/** An endpoint with deliveries in the slow lane. */
interface Away {
  readonly usual: Waiting;
  /** Those that make way. */
  readonly background: Waiting;
  /** The usual ones are taken in their order, although the endpoint has no rate limit. */
  keepsOrder: boolean;
}

/**
 * Keeps track of the endpoints that have deliveries in the slow lane. While an endpoint has some, its later
 * deliveries follow them there, so that none overtakes another. Deliveries that make way may be overtaken.
 * When all have been read back, the endpoint's deliveries stay in the main lane again. Deliveries that a
 * former owner of the partition left in the lane are not counted; they are late at most.
 */
export class SlowLane {
  private readonly shares = new Map<number, Share>();

  /** How many endpoints have deliveries there. */
  get size(): number {
    let size = 0;
    for (const { away } of this.shares.values()) size += away.size;
    return size;
  }

  /** True when this delivery must follow earlier ones of its endpoint into this partition of the slow lane. */
  holds(partition: number, { endpointId, background }: Addressee): boolean {
    const away = this.shares.get(partition)?.away.get(endpointId);
    return away !== undefined && (background === true || away.usual.count > 0);
  }

  /** Counts a delivery of the main lane that goes into the slow lane, behind all of its endpoint. */
  enqueued(partition: number, to: Addressee): Place {
    const { share, waiting } = this.waitingOf(partition, to);
    waiting.count += 1;
    waiting.last += 1;
    return { ownerEpoch: share.ownerEpoch, order: waiting.last };
  }

  /**
   * Counts deliveries that go back from memory into the slow lane, before all that are there of their endpoints.
   * @param works those of one endpoint in their order. @returns each with its place, in the same order.
   */
  gaveBack<W extends Addressee & { readonly partition: number }>(works: readonly W[]): [W, Place][] {
    const back = works.toReversed().map((work): [W, Place] => {
      const { share, waiting } = this.waitingOf(work.partition, work);
      waiting.count += 1;
      follow(waiting, waiting.next - 1);
      return [work, { ownerEpoch: share.ownerEpoch, order: waiting.next }];
    });
    return back.reverse();
  }

  /** Sends a delivery that was read to the end of the lane. It keeps its number. */
  requeued(partition: number, to: Addressee, place: Partial<Place>): Place {
    return this.isOwn(partition, place) ? place : this.enqueued(partition, to);
  }

  /**
   * Notes that a delivery was read. One that was requeued comes again when all before it were read. If the next one
   * is not among these, nor was for a minute before, nobody waits for it any more.
   * @param requeuedAt when the delivery was last sent to the end, ms since the epoch like `now`; null when never.
   */
  saw(
    partition: number,
    from: Addressee,
    place: Partial<Place>,
    requeuedAt: number | null,
    now: number,
  ): void {
    const away = this.shares.get(partition)?.away.get(from.endpointId);
    if (!away || !this.isOwn(partition, place)) return;
    const waiting = waitingLike(from, away);
    if (place.order <= waiting.next) {
      follow(waiting, waiting.next, now);
      return;
    }
    waiting.nextSeenAt ??= now;
    waiting.lowestSeen = Math.min(waiting.lowestSeen, place.order);
    if (requeuedAt === null || requeuedAt - waiting.nextSeenAt < MISSING_AFTER_MS) return;
    waiting.count -= waiting.lowestSeen - waiting.next;
    follow(waiting, waiting.lowestSeen, now);
  }

  /** True when no older delivery of the endpoint and of the same kind is known to be in the lane, further back. */
  isNext(partition: number, from: Addressee, place: Partial<Place>): boolean {
    const away = this.shares.get(partition)?.away.get(from.endpointId);
    if (!away || !this.isOwn(partition, place)) return true;
    return place.order <= waitingLike(from, away).next;
  }

  /** True for a delivery in the background while others of its endpoint are known to be in the lane. */
  makesWay(partition: number, from: Addressee, place: Partial<Place>): boolean {
    const away = this.shares.get(partition)?.away.get(from.endpointId);
    return from.background === true && this.isOwn(partition, place) && (away?.usual.count ?? 0) > 0;
  }

  /**
   * Sets whether the deliveries that the endpoint has in the lane are taken in their order, as those of an endpoint with
   * a rate limit are. It ends when all have been taken.
   */
  keepOrder(partition: number, { endpointId }: Addressee, keepsOrder: boolean): void {
    const away = this.shares.get(partition)?.away.get(endpointId);
    if (away) away.keepsOrder = keepsOrder;
  }

  /** True when a delivery of the endpoint must not be taken before older ones, see {@link keepOrder}. */
  keepsOrder(partition: number, { endpointId, background }: Addressee): boolean {
    return !background && (this.shares.get(partition)?.away.get(endpointId)?.keepsOrder ?? false);
  }

  /** Counts a delivery that was read from the slow lane, and is taken. */
  dequeued(partition: number, from: Addressee, place: Partial<Place>): void {
    const share = this.shares.get(partition);
    const away = share?.away.get(from.endpointId);
    if (!share || away === undefined || !this.isOwn(partition, place)) return;
    const waiting = waitingLike(from, away);
    waiting.count -= 1;
    if (place.order >= waiting.next) follow(waiting, place.order + 1);
    if (away.usual.count + away.background.count === 0) share.away.delete(from.endpointId);
  }

  /**
   * True when a delivery behind a record of this owner epoch may belong to an endpoint with room. Former
   * owners wrote before this instance did, so behind a record of its own epoch there are only deliveries that
   * it knows of.
   */
  mayServe(partition: number, ownerEpoch: string | undefined, room: Pick<LaneRoom, 'runsLow'>): boolean {
    const share = this.shares.get(partition);
    if (!share || ownerEpoch !== share.ownerEpoch) return true;
    const isServed = (waiting: Waiting): boolean => waiting.count > 0 && room.runsLow(waiting);
    if (share.withRoom && isServed(share.withRoom)) return true;
    share.withRoom = firstOf(share, isServed);
    return share.withRoom !== null;
  }

  /**
   * True when an endpoint that takes at least `perSecond` deliveries a second has some there, and room. Only those that
   * this owner has written are known.
   */
  mayServePrompt(
    partition: number,
    room: Pick<LaneRoom, 'runsLow' | 'isPrompt'>,
    perSecond: number,
  ): boolean {
    const isServed = (waiting: Waiting): boolean =>
      waiting.count > 0 && room.runsLow(waiting) && room.isPrompt(waiting, perSecond);
    const share = this.shares.get(partition);
    return share !== undefined && firstOf(share, isServed) !== null;
  }

  /** Forgets a partition, because another instance owns it now or its topic was recreated. */
  lost(partition: number): void {
    this.shares.delete(partition);
  }

  private isOwn(partition: number, place: Partial<Place>): place is Place {
    return place.order !== undefined && place.ownerEpoch === this.shares.get(partition)?.ownerEpoch;
  }

  private waitingOf(partition: number, to: Addressee): { readonly share: Share; readonly waiting: Waiting } {
    const { endpointId, organizationId } = to;
    let share = this.shares.get(partition);
    if (!share)
      this.shares.set(partition, (share = { ownerEpoch: randomUUID(), away: new Map(), withRoom: null }));
    let away = share.away.get(endpointId);
    if (!away) {
      const seen = { nextSeenAt: null, lowestSeen: Infinity };
      const none = { endpointId, organizationId, count: 0, next: 1, last: 0, ...seen };
      away = { usual: none, background: { ...none, background: true }, keepsOrder: false };
      share.away.set(endpointId, away);
    }
    return { share, waiting: waitingLike(to, away) };
  }
}

/** Notes which delivery is the next one. @param seenAt when it was seen in the lane. */
function follow(waiting: Waiting, next: number, seenAt: number | null = null): void {
  waiting.next = next;
  waiting.nextSeenAt = seenAt;
  waiting.lowestSeen = Infinity;
}

/** The first deliveries of an endpoint, of one kind, that `isServed` accepts; null when there are none. */
function firstOf({ away }: Share, isServed: (waiting: Waiting) => boolean): Waiting | null {
  for (const { usual, background } of away.values()) {
    if (isServed(usual)) return usual;
    if (isServed(background)) return background;
  }
  return null;
}

function waitingLike({ background }: Addressee, away: Away): Waiting {
  return background ? away.background : away.usual;
}
