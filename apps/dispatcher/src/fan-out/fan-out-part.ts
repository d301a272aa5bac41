import type { EndpointState } from '@skillora/contracts';

/** How far the fan-out of one event has come whose deliveries do not fit into one transaction. */
export interface FanOutProgress {
  /** Where the event is in its partition. */
  readonly offset: bigint;
  /** How many parts of its report have been written; the next one has this number. */
  readonly parts: number;
  /** The last endpoint that has its delivery: all with an id up to this one have theirs. */
  readonly lastEndpointId: string;
}

/** Endpoints whose deliveries go into one transaction. */
export interface FanOutPart {
  readonly endpoints: readonly EndpointState[];
  /** Whether it is the last part of the event. */
  readonly isLast: boolean;
}

/**
 * The next part of an event's endpoints. An event that does not fit is fanned out in the order of its endpoints' ids, so
 * that another dispatcher can go on behind the last one, whatever endpoints have come or gone since.
 * @param matched the endpoints that the event goes to now.
 * @param lastEndpointId where the part before ended; null for an event that has not been begun.
 * @param room how many deliveries fit; at least one is taken.
 */
export function nextPart(
  matched: readonly EndpointState[],
  lastEndpointId: string | null,
  room: number,
): FanOutPart {
  if (lastEndpointId === null && matched.length <= room) return { endpoints: matched, isLast: true };
  const left = matched
    .filter(({ id }) => lastEndpointId === null || id > lastEndpointId)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const endpoints = left.slice(0, Math.max(1, room));
  return { endpoints, isLast: endpoints.length === left.length };
}
