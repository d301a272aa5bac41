import type { QueuedWork } from '../queues/endpoint-queue.js';
import type { EndpointQueues } from '../queues/endpoint-queues.js';
import type { Addressee, LaneName, LaneRoom } from './lane-room.js';
import { type Outlook, WindowShares, type WindowSize } from './window-shares.js';

/** A delivery with the window that it is read in, or held in. */
export interface WindowedWork extends QueuedWork {
  readonly lane: LaneName;
  readonly partition: number;
}

/** Decides whether an organisation may hold another delivery of a window. */
export interface ShareRule {
  isInShare(shares: WindowShares, ...place: Parameters<WindowShares['hasRoom']>): boolean;
}

/**
 * The room in memory for deliveries of each lane and partition. Two limits decide: what each endpoint may keep
 * waiting, and what each organisation may hold of a window.
 */
export class LaneRooms {
  private readonly shares: WindowShares;

  /** @param clock a monotonic time, ms. */
  constructor(
    size: WindowSize,
    private readonly queues: Pick<
      EndpointQueues<QueuedWork>,
      'hasRoom' | 'hasUrgentRoom' | 'isPrompt' | 'keepsUp' | 'runsLow' | 'mayOvertake' | 'hasWaiting'
    >,
    private readonly rules: ShareRule,
    private readonly clock: () => number,
  ) {
    this.shares = new WindowShares(size);
  }

  /** Notes that a delivery was read. @returns the room for deliveries of its lane and partition. */
  whenRead({ lane, partition, organizationId }: WindowedWork): LaneRoom {
    const { queues, shares, rules } = this;
    const window = nameOf(lane, partition);
    const now = this.clock();
    shares.read(window, organizationId, now);
    const outlook = (to: Addressee): Outlook =>
      queues.keepsUp(to.endpointId, to.background) ? 'soon' : 'uncertain';
    const isInShare = (to: Addressee, how: Outlook): boolean =>
      rules.isInShare(shares, window, to.organizationId, how, now);
    const hasRoom = (to: Addressee): boolean =>
      queues.hasRoom(to.endpointId, to.background) && isInShare(to, outlook(to));
    return {
      hasRoom,
      runsLow: (to) => queues.runsLow(to.endpointId, to.background) && hasRoom(to),
      isIdle: (to) => !queues.hasWaiting(to.endpointId),
      mayOvertake: (to) => queues.mayOvertake(to.endpointId, to.background),
      hasUrgentRoom: (to) => queues.hasUrgentRoom(to.endpointId) && isInShare(to, 'soon'),
      isPrompt: (to, perSecond) =>
        queues.isPrompt(to.endpointId, perSecond, to.background) &&
        (isInShare(to, outlook(to)) || shares.drains(window, to.organizationId, now)),
    };
  }

  /** Counts a delivery that is taken into memory. */
  take({ lane, partition, organizationId, bytes }: WindowedWork): void {
    this.shares.take(nameOf(lane, partition), organizationId, bytes, this.clock());
  }

  /** Counts a delivery that leaves the memory. */
  leave({ lane, partition, organizationId, bytes }: WindowedWork): void {
    this.shares.leave(nameOf(lane, partition), organizationId, bytes, this.clock());
  }
}

function nameOf(lane: LaneName, partition: number): string {
  return `${lane}/${partition}`;
}
