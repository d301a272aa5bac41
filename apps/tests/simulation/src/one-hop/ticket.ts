import type { Delivery } from '@skillora/contracts';
import type { Backlog } from '@skillora/dispatcher/simulation-exports';

import type { ModelRecord, ModelWrite } from '../model-kafka.js';

/** Where the records of a unit are read and completed. */
export interface TicketHost {
  readonly unit: number;
  /** Whether what was read here is another owner's now. */
  readonly isLost: boolean;
  /** An attempt begins: until its end is written, it may be repeated. */
  began(ticket: Ticket, attempt: string): void;
  /** A delivery moves to the slow lane, though its attempt may have begun. */
  moved(ticket: Ticket): void;
  /** A delivery has ended, or left for the slow lane. */
  done(ticket: Ticket, writes: readonly ModelWrite[]): void;
}

/** A record of a unit that a delivery comes from. */
export interface Ticket {
  readonly host: TicketHost;
  readonly topic: string;
  readonly offset: bigint;
  /** The endpoint, for a delivery of an open event. */
  readonly endpointId: string | null;
}

/** What the dispatcher does with what its units read. */
export interface UnitHandlers {
  /** Queues a delivery of an open event. */
  deliver(ticket: Ticket, delivery: Delivery, body: string): void;
  /** @returns how long the partition pauses at this record, ms; 0 when it was taken. */
  take(ticket: Ticket, record: ModelRecord): number;
  /** Records can be taken again, by any unit. */
  hasRoom(): void;
  /** How far the instance is behind with what it has taken; null when it ends. */
  backlog(): Backlog | null;
  /** The unit is given up, though the group may say that it is this dispatcher's. */
  gaveUp(host: TicketHost): void;
}

/** The name of what a ticket stands for, within its unit. */
export function beginning({ topic, offset, endpointId }: Omit<Ticket, 'host'>): string {
  return `${topic}/${offset}/${endpointId ?? ''}`;
}
