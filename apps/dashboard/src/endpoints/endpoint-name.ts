import type { Endpoint } from '../api/types.js';
import { shortUrl } from '../parts/format.js';

/** What is known of the visitor's endpoints. */
export interface KnownEndpoints {
  readonly data: readonly Endpoint[] | undefined;
  /** Why they could not be read, such as that the token may not; null when they were, or are on their way. */
  readonly error: unknown;
}

/**
 * The address of an endpoint by its id. Where endpoints could not be read it is the beginning of the id: that one is not
 * among them must not look as if it had been deleted.
 */
export function endpointName({ data, error }: KnownEndpoints, id: string): string {
  const known = data?.find((endpoint) => endpoint.id === id);
  if (known) return shortUrl(known.url);
  if (data) return 'A deleted endpoint';
  return error ? `Endpoint ${id.slice(0, 8)}…` : '…';
}
