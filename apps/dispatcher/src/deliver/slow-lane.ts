import { randomUUID } from 'node:crypto';

import type { QueuedWork } from './endpoint-queue.js';
import type { EndpointQueues } from './endpoint-queues.js';

/** What of a partition of the slow lane this copy knows, since the partition came to it. */
interface Share {
  /** Stands on what it writes there; what carries another was there before. */
  readonly mark: string;
  /** How many deliveries it has written there and not read back, by endpoint. */
  readonly away: Map<string, number>;
  /** An endpoint that had room when one was last looked for. */
  withRoom: string | null;
}

/**
 * Who has deliveries in the slow lane. While an endpoint has, its later deliveries follow them there, so that none
 * overtakes; when all have been read back it is in the main lane again. What a former owner of the partition left there
 * is not known of, and at most late.
 */
export class SlowLane {
  private readonly shares = new Map<number, Share>();

  /** How many endpoints have deliveries there. */
  get size(): number {
    let size = 0;
    for (const { away } of this.shares.values()) size += away.size;
    return size;
  }

  /** True when later deliveries of the endpoint, in this partition, are to follow earlier ones there. */
  holds(partition: number, endpointId: string): boolean {
    return this.shares.get(partition)?.away.has(endpointId) ?? false;
  }

  /** A delivery goes there. @returns the mark it is to carry. */
  goes(partition: number, endpointId: string): string {
    let share = this.shares.get(partition);
    if (!share) this.shares.set(partition, (share = { mark: randomUUID(), away: new Map(), withRoom: null }));
    share.away.set(endpointId, (share.away.get(endpointId) ?? 0) + 1);
    return share.mark;
  }

  /** A delivery was read from there. */
  comes(partition: number, endpointId: string, mark: string | undefined): void {
    const share = this.shares.get(partition);
    const away = share?.away.get(endpointId);
    if (!share || away === undefined || mark !== share.mark) return;
    if (away > 1) share.away.set(endpointId, away - 1);
    else share.away.delete(endpointId);
  }

  /**
   * True when behind a delivery with this mark there may be one that its endpoint has room for. Former owners wrote before
   * this copy, so behind a mark of its own there is nothing that it does not know of.
   */
  mayServe(
    partition: number,
    mark: string | undefined,
    room: Pick<EndpointQueues<QueuedWork>, 'hasRoom'>,
  ): boolean {
    const share = this.shares.get(partition);
    if (!share || mark !== share.mark) return true;
    const { away, withRoom } = share;
    if (withRoom !== null && away.has(withRoom) && room.hasRoom(withRoom)) return true;
    for (const endpointId of away.keys()) {
      if (!room.hasRoom(endpointId)) continue;
      share.withRoom = endpointId;
      return true;
    }
    return false;
  }

  /** The partition is another copy's now, or its topic was made anew. */
  lost(partition: number): void {
    this.shares.delete(partition);
  }
}
