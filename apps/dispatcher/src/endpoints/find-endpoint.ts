import type { EndpointState } from '@skillora/contracts';

/** A table of endpoints that follows their topic. */
export interface FollowedEndpoints {
  /** The endpoint as the table knows it now. */
  get(endpointId: string): EndpointState | undefined;
  /** Resolves when every change acknowledged to a caller before this call is in the table. */
  caughtUp(): Promise<void>;
}

/**
 * The newest state of an endpoint, of `version` or newer and active as far as this instance can know; undefined when it is
 * deleted. What the table holds may be behind what another instance has seen: before anything is given up for it, and
 * before an older version is used, the topic is read to its end.
 */
export async function findEndpoint(
  endpoints: FollowedEndpoints,
  endpointId: string,
  version = 0,
): Promise<EndpointState | undefined> {
  const known = endpoints.get(endpointId);
  if (known?.isActive && known.version >= version) return known;
  await endpoints.caughtUp();
  return endpoints.get(endpointId);
}
