import type { EndpointState } from '@skillora/contracts';

/** The progress of an event whose deliveries do not fit into one transaction. */
export interface FanOutProgress {
  /** The event's offset in its partition. */
  readonly offset: bigint;
  /** How many parts of the event's report have been written; the next part has this number. */
  readonly parts: number;
  /** The last endpoint that has its delivery. All endpoints with an id up to this one have theirs. */
  readonly lastEndpointId: string;
}

/** The endpoints whose deliveries go into one transaction. */
export interface FanOutPart {
  readonly endpoints: readonly EndpointState[];
  /** Whether this is the last part of the event. */
  readonly isLast: boolean;
}

/**
 * The next part of an event's endpoints. An event that does not fit is fanned out in the order of its
 * endpoints' ids. So another dispatcher can continue behind the last id even if endpoints were created or
 * deleted since.
 * @param matched the endpoints that get the event, as it is matched now.
 * @param lastEndpointId the last endpoint of the part before; null for an event that has not been begun.
 * @param room how many deliveries fit; at least one endpoint is taken.
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

/**
 * The endpoints whose filter leaves the event out and that are reported with a part: those within the part's range of
 * ids. So each is reported once, also if another dispatcher continues.
 * @param filtering all endpoints whose filter leaves the event out now.
 * @param lastEndpointId as for {@link nextPart}.
 */
export function filteringIn(
  { endpoints, isLast }: FanOutPart,
  filtering: readonly EndpointState[],
  lastEndpointId: string | null,
): readonly EndpointState[] {
  const end = isLast ? null : (endpoints.at(-1)?.id ?? null);
  if (lastEndpointId === null && end === null) return filtering;
  return filtering.filter(
    ({ id }) => (lastEndpointId === null || id > lastEndpointId) && (end === null || id <= end),
  );
}
