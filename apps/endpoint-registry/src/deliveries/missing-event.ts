/** The facts about a delivery whose event the audit does not have. */
export interface MissingEvent {
  /** When the delivery was made, ms since the epoch. */
  readonly deliveredAt: number;
  /** Retention has dropped a partition of the audit tables at some time. */
  readonly hasDropped: boolean;
}

/**
 * How long the event of a delivery may still come, ms. The projection reads events and deliveries from topics of their
 * own, so one can be there before the other; a day is far longer than it may be behind.
 */
export const MISSED_AFTER_MS = 86_400_000;

/** The answer where an event is gone for good. */
export const EVENT_GONE =
  'The event of this delivery is not in the audit, which keeps events for a limited time. So nothing can be sent.';

/**
 * Whether an event is gone for good. A delivery can outlive it: it is in a younger partition if it was made later. A
 * database that has dropped nothing may be new, and read the whole log; there an old event can still come.
 */
export function isEventGone({ deliveredAt, hasDropped }: MissingEvent, now: number): boolean {
  return hasDropped && now - deliveredAt > MISSED_AFTER_MS;
}
