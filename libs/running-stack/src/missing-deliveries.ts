import { firstFew, lastToldOf, NAMED_AT_MOST, toldLast } from './last-told.js';

/** A delivery that should have arrived, and has not. */
export interface MissingDelivery {
  /** The id its event was published under. */
  readonly mark: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly deliveryId: string;
}

/**
 * A line for each of the first few missing deliveries: its ids, and where the log last tells of it, or of its event where no
 * fan-out has made the delivery yet. Looks through the whole log where something is missing.
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
