import type { CanonicalEvent, Delivery, EventPlace } from '@skillora/contracts';

import { BodyCache } from './body-cache.js';

/** The body of a delivery: text that the delivery holds, or what its event holds, shared by many deliveries. */
export type DeliveryBody = string | Buffer;

/** An event that was read on the log. */
export interface PlacedEvent {
  readonly offset: bigint;
  readonly event: Pick<CanonicalEvent, 'id' | 'body'>;
}

/** The log of events. */
export interface EventLog {
  /** The event at a place, if it is still there, and events behind it that came with it. */
  readFrom(place: { readonly partition: number; readonly offset: bigint }): Promise<readonly PlacedEvent[]>;
}

/** The outcome of a look for a body that its delivery does not hold. */
export type BodyLook = 'kept' | 'read' | 'gone';

/** What {@link EventBodies} tells and needs of its surroundings. */
export interface BodySurroundings {
  /** Is called for each look. */
  looked(outcome: BodyLook): void;
  /** The log could not be read; it is read again after a pause. */
  unread(place: EventPlace, error: unknown): void;
  /** Resolves when it is time to read again. */
  pause(): Promise<void>;
}

/**
 * The bodies of deliveries that name their event in place of it. All deliveries of an event share one reading, and a
 * partition of the log is read once at a time, so many deliveries cost little. What one reading brings beside the event
 * is kept too, because the deliveries of the next events follow soon.
 */
export class EventBodies {
  private readonly cache: BodyCache;
  /** The readings in progress, by event and place. */
  private readonly readings = new Map<string, Promise<Buffer | null>>();
  /** The last reading of each partition. */
  private readonly last = new Map<number, Promise<unknown>>();
  private isClosed = false;

  /**
   * @param keptBytes how much is kept. Bodies in use count as well in what their attempts may hold, see `WindowShares`.
   */
  constructor(
    private readonly log: EventLog,
    keptBytes: number,
    private readonly surroundings: BodySurroundings,
  ) {
    this.cache = new BodyCache(keptBytes);
  }

  /**
   * The body to send. While the log cannot be read, it is tried again: another outcome would lose the delivery, or its
   * place in the order of its endpoint. In between, others of the partition are read.
   * @returns null when the event is no longer on the log.
   * @throws {Error} when it could not be read before {@link close}.
   */
  of({ eventId, body }: Pick<Delivery, 'eventId' | 'body'>): DeliveryBody | Promise<DeliveryBody | null> {
    if (typeof body === 'string') return body;
    const key = keyOf(eventId, body.partition, body.offset);
    const kept = this.cache.get(key);
    if (kept) {
      this.surroundings.looked('kept');
      return kept;
    }
    let reading = this.readings.get(key);
    if (!reading) {
      reading = this.untilRead(key, body).finally(() => this.readings.delete(key));
      this.readings.set(key, reading);
    }
    return reading;
  }

  /** What could not be read by now is not read any more. */
  close(): void {
    this.isClosed = true;
  }

  private async untilRead(key: string, place: EventPlace): Promise<Buffer | null> {
    for (;;) {
      try {
        return await this.inTurn(place.partition, () => this.read(key, place));
      } catch (error) {
        if (this.isClosed) throw error;
        this.surroundings.unread(place, error);
      }
      await this.surroundings.pause();
    }
  }

  /** Acts when the reading of the partition before has ended. */
  private inTurn<T>(partition: number, act: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(partition) ?? Promise.resolve()).then(act, act);
    this.last.set(partition, turn);
    return turn;
  }

  private async read(key: string, { partition, offset }: EventPlace): Promise<Buffer | null> {
    const brought = this.cache.get(key);
    if (brought) {
      this.surroundings.looked('kept');
      return brought;
    }
    let wanted: Buffer | null = null;
    const events = await this.log.readFrom({ partition, offset: BigInt(offset) });
    // The one that is wanted comes first, and is kept last.
    for (const { offset: at, event } of events.toReversed()) {
      const eventKey = keyOf(event.id, partition, String(at));
      const found = Buffer.from(event.body, 'utf8');
      if (eventKey === key) wanted = found;
      this.cache.keep(eventKey, found);
    }
    this.surroundings.looked(wanted ? 'read' : 'gone');
    return wanted;
  }
}

/** The same event may be on the log twice, with other data; and a topic that is recreated has its offsets again. */
function keyOf(eventId: string, partition: number, offset: string): string {
  return `${partition}/${offset}/${eventId}`;
}
