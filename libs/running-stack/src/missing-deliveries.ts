import { firstFew, lastToldOf, NAMED_AT_MOST, toldLast } from './last-told.js';

/** A delivery that should have arrived and has not. */
export interface MissingDelivery {
  /** The id with which its event was published. */
  readonly mark: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly deliveryId: string;
}

/**
 * A line for each of the first few missing deliveries: its ids, and the last record about it, or about its
 * event if no delivery was created. Reads all topics if a delivery is missing.
 */
export async function describeMissing(
  brokers: string[],
  missing: readonly MissingDelivery[],
): Promise<string[]> {
  const named = missing.slice(0, NAMED_AT_MOST);
  const places = await lastToldOf(
    brokers,
    named.flatMap(({ mark, eventId, deliveryId }) => [deliveryId, eventId, mark]),
  );
  const lines = named.map(({ mark, eventId, endpointId, deliveryId }) => {
    const delivery = `delivery ${deliveryId} of event ${eventId} (published as ${mark}) to endpoint ${endpointId}`;
    const place = places.get(deliveryId);
    if (place !== undefined) return `${delivery}: ${toldLast(place)}`;
    return `${delivery}: no topic tells of it, its event is ${toldLast(places.get(eventId) ?? places.get(mark))}`;
  });
  return firstFew(lines, missing.length);
}
