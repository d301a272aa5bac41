import type { ApiClient } from './api-client.js';
import { Problem } from './problem.js';
import { EventStreamReader } from './server-sent-events.js';
import type { Delivery } from './types.js';

/**
 * `live`: changes arrive through the stream. `polling`: lists are read again at intervals. `refused`: this
 * token may not follow deliveries.
 */
export type Liveness = 'live' | 'polling' | 'refused';

export interface DeliveryFollower {
  readonly live: (liveness: Liveness) => void;
  readonly changed: (delivery: Delivery) => void;
  /** More changed than the stream reported. */
  readonly reset: () => void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** The API sends something every 5 s; a connection that is silent for longer is dead. */
const SILENCE_LIMIT_MS = 20_000;

/**
 * Follows the deliveries until `signal` aborts. It connects again after every end, and continues from the
 * last event.
 */
export async function followDeliveries(
  api: ApiClient,
  { live, changed, reset }: DeliveryFollower,
  signal: AbortSignal,
): Promise<void> {
  let lastId: string | null = null;
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener('abort', abort, { once: true });
    let wait = pause;
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId !== null) headers['last-event-id'] = lastId;
      const response = await api.stream('webhook-deliveries/stream/', headers, connection.signal);
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const events = new EventStreamReader();
      while (reader) {
        const silence = setTimeout(abort, SILENCE_LIMIT_MS);
        const { value, done } = await reader.read().finally(() => clearTimeout(silence));
        if (done) break;
        for (const { event, id, data } of events.push(value)) {
          lastId = id ?? lastId;
          if (event === 'ready') {
            pause = wait = FIRST_PAUSE_MS;
            live('live');
          } else if (event === 'reset') reset();
          else if (event === 'delivery') changed(JSON.parse(data) as Delivery);
        }
      }
    } catch (error) {
      if (error instanceof Problem) {
        // A token that may not read deliveries will not be allowed to a moment later.
        if (error.status === 401 || error.status === 403) {
          live('refused');
          return;
        }
        // An id that this server does not know any more.
        if (error.status === 400) lastId = null;
        wait = Math.max(wait, error.retryAfterMs ?? 0);
      }
    } finally {
      signal.removeEventListener('abort', abort);
      connection.abort();
    }
    live('polling');
    await pauseFor(wait, signal);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
