import type { Endpoint } from '../api/types.js';
import { shortUrl } from '../parts/format.js';

/** What is known of the visitor's endpoints. */
export interface KnownEndpoints {
  readonly data: readonly Endpoint[] | undefined;
  /**
   * Why they could not be read, for example because the token may not; null when they were read or are being
   * loaded.
   */
  readonly error: unknown;
}

/**
 * The address of an endpoint by its id. If endpoints could not be read, it is the beginning of the id,
 * because a missing endpoint must not look like a deleted one.
 */
export function endpointName({ data, error }: KnownEndpoints, id: string): string {
  const known = data?.find((endpoint) => endpoint.id === id);
  if (known) return shortUrl(known.url);
  if (data) return 'A deleted endpoint';
  return error ? `Endpoint ${id.slice(0, 8)}…` : '…';
}
