import type { ApiClient } from './api-client.js';
import { Backoff } from './backoff.js';
import { refused } from './delivery-feed.js';
import { hasAborted, pause } from './pause.js';
import { ApiRefusal, Hopeless, oneLine, reasonOf } from './problems.js';

interface Page<T> {
  readonly results: readonly T[];
}

/**
 * The endpoint to listen to: the given one, or the only one that the organisation has. It waits for an API that cannot
 * be reached yet.
 * @returns null when `signal` aborted.
 * @throws {Hopeless} when there is no such endpoint, or the token may not read it.
 */
export async function chosenEndpoint(
  api: ApiClient,
  given: string | null,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<string | null> {
  const backoff = new Backoff();
  while (!hasAborted(signal)) {
    try {
      return given === null ? await onlyEndpoint(api, signal) : await known(api, given, signal);
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      if (error instanceof ApiRefusal && error.status < 500 && error.status !== 429) throw refused(error);
      const ms = backoff.next(error instanceof ApiRefusal ? error.retryAfterMs : null);
      if (!hasAborted(signal)) {
        print(`No answer from the API (${reasonOf(error)}); the next try is in ${Math.ceil(ms / 1_000)} s.`);
      }
      await pause(ms, signal);
    }
  }
  return null;
}

/** Its deliveries can be listed, so the token can listen to them. */
async function known(api: ApiClient, id: string, signal: AbortSignal): Promise<string> {
  const query = new URLSearchParams({ endpoint_id: id, page_size: '1' });
  try {
    await api.read(`webhook-deliveries/?${query.toString()}`, signal);
  } catch (error) {
    if (error instanceof ApiRefusal && (error.status === 404 || error.status === 400)) {
      throw new Hopeless(`this organisation has no endpoint ${oneLine(id)}`, 1);
    }
    throw error;
  }
  return id.toLowerCase();
}

async function onlyEndpoint(api: ApiClient, signal: AbortSignal): Promise<string> {
  const endpoints = await readEndpoints(api, signal);
  const [first, second] = endpoints;
  if (first === undefined) throw new Hopeless('this organisation has no endpoint: create one first', 1);
  if (second === undefined) return known(api, first.id, signal);
  const lines = endpoints.map(({ id, url }) => `  ${id}  ${oneLine(url)}`).join('\n');
  throw new Hopeless(`this organisation has several endpoints; name one with --endpoint:\n${lines}`, 2);
}

async function readEndpoints(
  api: ApiClient,
  signal: AbortSignal,
): Promise<readonly { readonly id: string; readonly url: string }[]> {
  try {
    const page = await api.read<Page<{ id: string; url: string }>>('webhook-endpoints/?page_size=20', signal);
    return page.results;
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) {
      throw new Hopeless(
        'the token lacks the scope endpoints:read, so it cannot look for the endpoint: name one with --endpoint',
        1,
      );
    }
    throw error;
  }
}
