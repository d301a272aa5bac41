import { type Delivery, TEST_EVENT_TYPE } from '@skillora/contracts';

import type { DeliveryBody } from '../bodies/event-bodies.js';
import type { LaneName } from '../lanes/lane-room.js';
import type { QueuedWork } from '../queues/endpoint-queue.js';

/** A delivery in memory: it waits for its turn, or its attempt is in progress. */
export interface DeliveryWork<R> extends QueuedWork {
  readonly record: R;
  readonly partition: number;
  readonly delivery: Delivery;
  /** See `ReadDelivery`. */
  readonly body: DeliveryBody | undefined;
  readonly lane: LaneName;
  /** How often the delivery could not be attempted because of a fault in our code. */
  failures: number;
}

/**
 * Whether a person waits for this attempt. While its endpoint has few such attempts, this one goes first and
 * is always made. Nobody waits for those of a recovery.
 */
export function isAskedFor({ eventType, trigger, recoveryId }: Delivery): boolean {
  return eventType === TEST_EVENT_TYPE || (trigger === 'manual' && recoveryId === undefined);
}
