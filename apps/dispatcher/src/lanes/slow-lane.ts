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

/** Deliveries of one endpoint in the slow lane, all of one kind, and how many there are. */
interface Waiting extends Addressee {
  count: number;
}

/** An endpoint with deliveries in the slow lane. */
interface Away {
  readonly usual: Waiting;
  /** Those that make way. */
  readonly background: Waiting;
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

  /** Counts a delivery that goes into the slow lane. @returns the owner epoch for its record. */
  enqueued(partition: number, to: Addressee): string {
    const { endpointId, organizationId } = to;
    let share = this.shares.get(partition);
    if (!share)
      this.shares.set(partition, (share = { ownerEpoch: randomUUID(), away: new Map(), withRoom: null }));
    let away = share.away.get(endpointId);
    if (!away) {
      const waiting = { endpointId, organizationId, count: 0 };
      away = { usual: waiting, background: { ...waiting, background: true } };
      share.away.set(endpointId, away);
    }
    waitingLike(to, away).count += 1;
    return share.ownerEpoch;
  }

  /** Counts a delivery that was read from the slow lane. */
  dequeued(partition: number, from: Addressee, ownerEpoch: string | undefined): void {
    const share = this.shares.get(partition);
    const away = share?.away.get(from.endpointId);
    if (!share || away === undefined || ownerEpoch !== share.ownerEpoch) return;
    waitingLike(from, away).count -= 1;
    if (away.usual.count + away.background.count === 0) share.away.delete(from.endpointId);
  }

  /**
   * True when a delivery behind a record of this owner epoch may belong to an endpoint with room. Former
   * owners wrote before this instance did, so behind a record of its own epoch there are only deliveries that
   * it knows of.
   */
  mayServe(partition: number, ownerEpoch: string | undefined, room: Pick<LaneRoom, 'hasRoom'>): boolean {
    const share = this.shares.get(partition);
    if (!share || ownerEpoch !== share.ownerEpoch) return true;
    const isServed = (waiting: Waiting): boolean => waiting.count > 0 && room.hasRoom(waiting);
    if (share.withRoom && isServed(share.withRoom)) return true;
    for (const { usual, background } of share.away.values()) {
      const served = isServed(usual) ? usual : isServed(background) ? background : null;
      if (!served) continue;
      share.withRoom = served;
      return true;
    }
    return false;
  }

  /** Forgets a partition, because another instance owns it now or its topic was recreated. */
  lost(partition: number): void {
    this.shares.delete(partition);
  }
}

function waitingLike({ background }: Addressee, away: Away): Waiting {
  return background ? away.background : away.usual;
}
