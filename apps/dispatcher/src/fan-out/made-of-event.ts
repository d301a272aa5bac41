import type { Delivery } from '@skillora/contracts';

/** What the fan-out makes of an event, or of a part of it. */
export interface MadeOfEvent {
  readonly deliveries: readonly Delivery[];
  /** The ids of the endpoints whose filter leaves the event out. */
  readonly filtered: readonly string[];
  /** Whether this is the last part of the event. */
  readonly isLast: boolean;
}
