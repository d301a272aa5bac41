import {
  type CompiledFilter,
  compileFilter,
  type EndpointState,
  type EventFilter,
} from '@skillora/contracts';

/** By the filter of a state: each version of an endpoint has an object of its own, and takes its entry along. */
const compiled = new WeakMap<EventFilter, CompiledFilter | null>();

/**
 * The filter of an endpoint, compiled once for each version of the endpoint.
 * @returns null when the endpoint wants every event of its types. That is also so for a filter that this release
 * cannot read: too many deliveries are better than silence.
 */
export function filterOf({ filter }: EndpointState): CompiledFilter | null {
  if (filter === undefined) return null;
  let ready = compiled.get(filter);
  if (ready === undefined) compiled.set(filter, (ready = compileFilter(filter)));
  return ready;
}
