import type { OpenEvent } from './open-event.js';

/** What may wait in one unit, beside the first event of each organisation. */
const MOST_WAITING = { events: 1_000, bytes: 8 * 1_024 * 1_024 } as const;

/**
 * The events of a unit that are not matched to all their endpoints yet, by organisation, in order. The first of an
 * organisation is a wide event, of which the next slice is matched when much of the slices before has ended, or it waits
 * until less of its organisation waits in the queues. The others wait until it is matched whole: order is promised within
 * an organisation. So no organisation waits for another one's events.
 *
 * What waits is in memory. It is bounded, in events and in bytes of their bodies; beyond that the log has to wait.
 */
export class WaitingEvents {
  private readonly queues = new Map<string, OpenEvent[]>();
  private waiting = 0;
  private waitingBytes = 0;

  /** The organisations with such events. */
  get organizations(): ReadonlyMap<string, readonly OpenEvent[]> {
    return this.queues;
  }

  /** Whether another event may wait. */
  hasRoomFor({ body }: OpenEvent['event']): boolean {
    return this.waiting < MOST_WAITING.events && this.waitingBytes + body.length <= MOST_WAITING.bytes;
  }

  /** An event is not matched whole. @param queue the organisation behind whose events it waits, usually its own. */
  add(queue: string, opened: OpenEvent): void {
    const others = this.queues.get(queue);
    if (!others) {
      this.queues.set(queue, [opened]);
      return;
    }
    others.push(opened);
    this.waiting += 1;
    this.waitingBytes += opened.event.body.length;
  }

  /** The first event of a queue is matched whole. @returns the event whose turn it is now. */
  next(queue: string): OpenEvent | undefined {
    const events = this.queues.get(queue) ?? [];
    events.shift();
    const [first] = events;
    if (first) {
      this.waiting -= 1;
      this.waitingBytes -= first.event.body.length;
    } else this.queues.delete(queue);
    return first;
  }
}
