import { v5 as uuidv5 } from 'uuid';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the textual form of a UUID of any version (RFC 9562), in either case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/**
 * The id of the event that a CloudEvent stands for: UUIDv5 of its `source`, then of its `id` within that
 * source. So no choice of delimiter can give two different pairs the same id (CloudEvents 1.0: source + id is
 * unique per event).
 */
export function eventId(source: string, id: string): string {
  return uuidv5(id, uuidv5(source, uuidv5.URL));
}

/** The id of the delivery of an event to an endpoint: the same whenever and wherever the fan-out runs. */
export function deliveryId(event: string, endpoint: string): string {
  return uuidv5(endpoint, event);
}
