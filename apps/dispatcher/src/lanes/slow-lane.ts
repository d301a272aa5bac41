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
  /** An endpoint that had room at the last search. */
  withRoom: string | null;
}

/** An endpoint with deliveries in the slow lane, and how many there are. */
interface Away extends Addressee {
  count: number;
}

/**
 * Keeps track of the endpoints that have deliveries in the slow lane. While an endpoint has some, its later
 * deliveries follow them there, so that none overtakes another. When all of them have been read back, its
 * deliveries stay in the main lane again. Deliveries that a former owner of the partition left in the lane
 * are not counted; they are late at most.
 */
export class SlowLane {
  private readonly shares = new Map<number, Share>();

  /** How many endpoints have deliveries there. */
  get size(): number {
    let size = 0;
    for (const { away } of this.shares.values()) size += away.size;
    return size;
  }

  /**
   * True when later deliveries of the endpoint must follow earlier ones into this partition of the slow lane.
   */
  holds(partition: number, endpointId: string): boolean {
    return this.shares.get(partition)?.away.has(endpointId) ?? false;
  }

  /** Counts a delivery that goes into the slow lane. @returns the owner epoch for its record. */
  enqueued(partition: number, { endpointId, organizationId }: Addressee): string {
    let share = this.shares.get(partition);
    if (!share)
      this.shares.set(partition, (share = { ownerEpoch: randomUUID(), away: new Map(), withRoom: null }));
    const away = share.away.get(endpointId);
    if (away) away.count += 1;
    else share.away.set(endpointId, { endpointId, organizationId, count: 1 });
    return share.ownerEpoch;
  }

  /** Counts a delivery that was read from the slow lane. */
  dequeued(partition: number, endpointId: string, ownerEpoch: string | undefined): void {
    const share = this.shares.get(partition);
    const away = share?.away.get(endpointId);
    if (!share || away === undefined || ownerEpoch !== share.ownerEpoch) return;
    away.count -= 1;
    if (away.count === 0) share.away.delete(endpointId);
  }

  /**
   * True when a delivery behind a record of this owner epoch may belong to an endpoint with room. Former
   * owners wrote before this instance did, so behind a record of its own epoch there are only deliveries that
   * it knows of.
   */
  mayServe(partition: number, ownerEpoch: string | undefined, room: Pick<LaneRoom, 'hasRoom'>): boolean {
    const share = this.shares.get(partition);
    if (!share || ownerEpoch !== share.ownerEpoch) return true;
    const { away } = share;
    const hadRoom = share.withRoom === null ? undefined : away.get(share.withRoom);
    if (hadRoom && room.hasRoom(hadRoom)) return true;
    for (const each of away.values()) {
      if (!room.hasRoom(each)) continue;
      share.withRoom = each.endpointId;
      return true;
    }
    return false;
  }

  /** Forgets a partition, because another instance owns it now or its topic was recreated. */
  lost(partition: number): void {
    this.shares.delete(partition);
  }
}
