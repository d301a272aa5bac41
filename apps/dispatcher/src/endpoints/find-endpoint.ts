import type { EndpointState } from '@skillora/contracts';

/** A table of endpoints that follows their topic. */
export interface FollowedEndpoints {
  /** The endpoint in the state that the table knows now. */
  get(endpointId: string): EndpointState | undefined;
  /** Resolves when the table holds every change that was acknowledged to a caller before this call. */
  caughtUp(): Promise<void>;
}

/**
 * The endpoint in `version` or a newer one; undefined when it is deleted. The table may be behind what
 * another instance has seen. So the topic is read to its end before a delivery ends because the endpoint
 * looks deleted or inactive, and before an older version is used.
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
