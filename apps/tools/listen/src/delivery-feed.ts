import { createParser, type EventSourceMessage } from 'eventsource-parser';

import type { ApiClient } from './api-client.js';
import type { SeenDelivery } from './copies.js';
import { Backoff } from './backoff.js';
import { hasAborted, pause } from './pause.js';
import { ApiRefusal, Hopeless, oneLine, reasonOf } from './problems.js';

const STREAM = 'webhook-deliveries/stream/';
/** The API sends something every 5 s; a connection that is silent for longer is dead. */
const SILENCE_MS = 20_000;
/** Larger than any event of the stream: a delivery with its newest 50 attempts. */
const LARGEST_EVENT_CHARACTERS = 4_000_000;
/** How far the clocks of the services may differ where nothing better is known, ms. */
const CLOCKS_MS = 5_000;
/** How far the audit may have been behind the deliveries when the stream left something out, ms. */
const LAG_MS = 600_000;
/** How many deliveries are read to make up for what the stream left out. */
const MOST_CAUGHT_UP = 10_000;

/** Who follows the deliveries to an endpoint. */
export interface Follower {
  /** The first connection is there. */
  started(): void;
  /**
   * A delivery has this state. The stream is read further when it resolves.
   * @param since see `Copies.of`.
   */
  seen(delivery: SeenDelivery, since: number): Promise<void>;
  /** Says something about the connection, in one line. */
  say(line: string): void;
}

/**
 * Follows the deliveries to one endpoint until `signal` aborts. A connection that is lost comes back, and continues
 * with what was missed: from the stream, or from the list if the stream does not go back far enough.
 */
export class DeliveryFeed {
  private lastEventId: string | null = null;
  /** When the first connection was there, ms since the epoch by the API's clock. */
  private since: number | null = null;
  private readonly backoff = new Backoff();

  constructor(
    private readonly api: ApiClient,
    private readonly endpointId: string,
    private readonly follower: Follower,
  ) {}

  /** @throws {Hopeless} when the API will not let this token listen. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!hasAborted(signal)) {
      let waitMs: number;
      try {
        await this.readStream(signal);
        waitMs = this.backoff.next(null);
        if (!hasAborted(signal)) this.say('The API ended the connection', waitMs);
      } catch (error) {
        if (hasAborted(signal)) return;
        waitMs = this.backoff.next(error instanceof ApiRefusal ? error.retryAfterMs : null);
        this.afterFailure(error, waitMs);
      }
      await pause(waitMs, signal);
    }
  }

  private afterFailure(error: unknown, waitMs: number): void {
    if (error instanceof Hopeless) throw error;
    if (error instanceof ApiRefusal) {
      if (error.status === 401 || error.status === 403 || error.status === 404) throw refused(error);
      // An id that the API does not know any more: the list makes up for what was missed.
      if (error.status === 400) this.lastEventId = null;
      this.say(`The API answered ${error.status} (${error.detail})`, waitMs);
      return;
    }
    this.say(`No connection to the API (${reasonOf(error)})`, waitMs);
  }

  private say(what: string, waitMs: number): void {
    this.follower.say(
      `${what}; the next try is in ${Math.ceil(waitMs / 1_000)} s. Nothing is lost meanwhile.`,
    );
  }

  private async readStream(signal: AbortSignal): Promise<void> {
    const connection = new AbortController();
    const either = AbortSignal.any([signal, connection.signal]);
    let silence: NodeJS.Timeout | undefined;
    const listen = (): void => {
      silence = setTimeout(() => connection.abort(new Error('the connection is silent')), SILENCE_MS);
    };
    try {
      listen();
      const bytes = await this.api.stream(STREAM, this.lastEventId, either);
      const events: EventSourceMessage[] = [];
      const parser = createParser({
        maxBufferSize: LARGEST_EVENT_CHARACTERS,
        onEvent: (event) => events.push(event),
        onError: (error) => connection.abort(error),
      });
      const decoder = new TextDecoder();
      for await (const piece of bytes) {
        clearTimeout(silence);
        parser.feed(decoder.decode(piece, { stream: true }));
        for (const event of events.splice(0)) await this.take(event, either);
        listen();
      }
    } finally {
      clearTimeout(silence);
      connection.abort();
    }
  }

  private async take({ event, id, data }: EventSourceMessage, signal: AbortSignal): Promise<void> {
    if (event === 'ready') await this.begin(Number(id), signal);
    else if (event === 'reset') await this.catchUp(signal);
    else if (event === 'delivery') await this.seen(JSON.parse(data) as SeenDelivery);
    // Only now: what was not taken is asked for again.
    if (id !== undefined && event !== 'ready') this.lastEventId = id;
  }

  /** The stream is there. The API repeats what was missed behind this event, or says `reset`. */
  private async begin(now: number, signal: AbortSignal): Promise<void> {
    this.backoff.succeeded();
    if (this.since === null) {
      this.since = now;
      this.follower.started();
    } else {
      this.follower.say('Connected again.');
      if (this.lastEventId === null) await this.catchUp(signal);
    }
    this.lastEventId ??= String(now);
  }

  private async seen(delivery: SeenDelivery): Promise<void> {
    if (delivery.endpoint_id !== this.endpointId) return;
    await this.follower.seen(delivery, (this.since ?? 0) - CLOCKS_MS);
  }

  /** Reads what the stream left out from the list, oldest first. What was seen before is seen again. */
  private async catchUp(signal: AbortSignal): Promise<void> {
    const started = this.since ?? 0;
    const since = Math.max(started, Number(this.lastEventId ?? started) - LAG_MS) - CLOCKS_MS;
    const query = new URLSearchParams({
      endpoint_id: this.endpointId,
      created_after: new Date(since).toISOString(),
      page_size: '200',
    });
    const missed: SeenDelivery[] = [];
    let path: string | null = `webhook-deliveries/?${query.toString()}`;
    while (path !== null && missed.length < MOST_CAUGHT_UP) {
      const page: Page = await this.api.read<Page>(path, signal);
      missed.push(...page.results.map(needed));
      path = page.next === null ? null : (page.next.split('/api/v1/')[1] ?? null);
    }
    if (path !== null) {
      this.follower.say(`More than ${MOST_CAUGHT_UP} deliveries were missed; older ones are left out.`);
    }
    for (const delivery of missed.reverse()) await this.seen(delivery);
  }
}

interface Page {
  readonly next: string | null;
  readonly results: readonly SeenDelivery[];
}

/** Without the answers of its attempts, which may be large. */
function needed({ id, endpoint_id, event_type, attempt_count, attempts }: SeenDelivery): SeenDelivery {
  const kept = attempts.map(({ number, trigger, started_at }) => ({ number, trigger, started_at }));
  return { id, endpoint_id, event_type, attempt_count, attempts: kept };
}

/** Why the API will not let this token listen, in one line. */
export function refused({ status, detail }: ApiRefusal): Hopeless {
  if (status === 401) return new Hopeless(`the API does not accept the token: ${detail}`, 1);
  if (status === 403) {
    return new Hopeless(`the token lacks the scope deliveries:read, which listening needs: ${detail}`, 1);
  }
  return new Hopeless(`the API answered ${status}: ${oneLine(detail)}`, 1);
}
