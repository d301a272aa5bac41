import type { OpenEvent } from './open-event.js';

/** What may wait in one unit. */
const MOST_WAITING = { events: 1_000, bytes: 8 * 1_024 * 1_024 } as const;

/**
 * The events of a unit that are not matched to all their endpoints yet, by organisation, in order. The first of an
 * organisation is a wide event, of which the next slice is matched when much of the slices before has ended, or it waits
 * until less of its organisation waits in the queues. The others wait until it is matched whole: order is promised within
 * an organisation.
 *
 * What waits is in memory. It is bounded, in events and in bytes of their bodies; beyond that the log has to wait. Up to there,
 * no organisation waits for another one's events.
 */
export class WaitingEvents {
  private readonly queues = new Map<string, OpenEvent[]>();
  private count = 0;
  private bytes = 0;

  /** The organisations with such events. */
  get organizations(): ReadonlyMap<string, readonly OpenEvent[]> {
    return this.queues;
  }

  /** The organisations with their events, another one first each time. */
  inTurns(): readonly (readonly [string, readonly OpenEvent[]])[] {
    const all = [...this.queues];
    const [first] = all;
    if (!first) return all;
    this.queues.delete(first[0]);
    this.queues.set(...first);
    return all;
  }

  /** Whether another event may wait. */
  hasRoomFor({ body }: OpenEvent['event']): boolean {
    return this.count < MOST_WAITING.events && this.bytes + body.length <= MOST_WAITING.bytes;
  }

  /** An event is not matched whole. @param queue the organisation behind whose events it waits, usually its own. */
  add(queue: string, opened: OpenEvent): void {
    this.count += 1;
    this.bytes += opened.event.body.length;
    const others = this.queues.get(queue);
    if (others) others.push(opened);
    else this.queues.set(queue, [opened]);
  }

  /** The first event of a queue is matched whole. @returns the event whose turn it is now. */
  next(queue: string): OpenEvent | undefined {
    const events = this.queues.get(queue) ?? [];
    const matched = events.shift();
    this.count -= matched ? 1 : 0;
    this.bytes -= matched?.event.body.length ?? 0;
    if (events.length === 0) this.queues.delete(queue);
    return events[0];
  }
}
