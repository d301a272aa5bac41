import { parse, v5 as uuidv5 } from 'uuid';

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
  return uuidv5(id, namespaceOf(source));
}

/** The namespaces of sources, as bytes: few sources send many events, and an id is made in a third of the time. */
const namespaces = new Map<string, Uint8Array>();
const MOST_NAMESPACES = 100;

function namespaceOf(source: string): Uint8Array {
  const known = namespaces.get(source);
  if (known) return known;
  if (namespaces.size === MOST_NAMESPACES) namespaces.clear();
  const namespace = parse(uuidv5(source, uuidv5.URL));
  namespaces.set(source, namespace);
  return namespace;
}

/** The id of the delivery of an event to an endpoint: the same whenever and wherever the fan-out runs. */
export function deliveryId(event: string, endpoint: string): string {
  return uuidv5(endpoint, event);
}
