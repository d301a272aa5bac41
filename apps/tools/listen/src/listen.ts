import { generateSecret, type SigningSecrets } from '@skillora/signing';

import { ApiClient } from './api-client.js';
import { Backoff } from './backoff.js';
import { BoundedQueue } from './bounded-queue.js';
import { Copies, type Copy } from './copies.js';
import { copyOf, type ShownRequest } from './copy-request.js';
import { DeliveryFeed, refused } from './delivery-feed.js';
import { chosenEndpoint } from './endpoint-choice.js';
import { forward, type Outcome } from './forward.js';
import type { Options } from './options.js';
import { hasAborted, pause } from './pause.js';
import { ApiRefusal, oneLine } from './problems.js';

/** How many copies may wait. Beyond that the stream is read no further. */
const MOST_WAITING = 100;
/** How many copies the developer's server gets at a time. */
const AT_ONCE = 4;

/**
 * Forwards a copy of what an endpoint gets to the developer's own server, until `signal` aborts.
 * @param print writes a line for the developer.
 * @throws {Hopeless} when it cannot begin, or the API will not let the token go on.
 */
export async function listen(
  options: Options,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const session = new Session(options, print, signal);
  await session.run();
}

class Session {
  private readonly api: ApiClient;
  private readonly secrets: SigningSecrets = { current: generateSecret(), former: [] };
  private readonly copies = new Copies();
  private readonly queue: BoundedQueue<Copy>;
  private readonly signal: AbortSignal;
  private readonly ended = new AbortController();

  constructor(
    private readonly options: Options,
    private readonly print: (line: string) => void,
    interrupted: AbortSignal,
  ) {
    this.api = new ApiClient(options.api, options.token);
    this.signal = AbortSignal.any([interrupted, this.ended.signal]);
    this.queue = new BoundedQueue(MOST_WAITING, AT_ONCE, (copy) => this.send(copy));
  }

  async run(): Promise<void> {
    const endpointId = await chosenEndpoint(this.api, this.options.endpoint, this.signal, (line) =>
      this.print(line),
    );
    if (endpointId === null) return;
    this.print(`The secret of this session is ${this.secrets.current}`);
    this.print('It signs every copy. It is the secret for libraries of Standard Webhooks, too.');
    const feed = new DeliveryFeed(this.api, endpointId, {
      started: () =>
        this.print(
          `Listening to endpoint ${endpointId}. Copies go to ${this.options.forward.href}. Ctrl-C ends it.`,
        ),
      seen: async (delivery, since) => {
        for (const copy of this.copies.of(delivery, since)) await this.queue.add(copy);
      },
      say: (line) => this.print(line),
    });
    try {
      await feed.follow(this.signal);
    } finally {
      this.ended.abort();
    }
  }

  private async send(copy: Copy): Promise<void> {
    const shown = await this.read(copy);
    if (shown === null || hasAborted(this.signal)) return;
    const { headers, body } = copyOf(copy, shown, this.secrets, new Date());
    const outcome = await forward(this.options.forward, headers, body, this.signal);
    if (!hasAborted(this.signal)) this.report(copy, describe(outcome));
  }

  /** The request to copy, once the API shows it; null if it never will. */
  private async read({ deliveryId, ...copy }: Copy): Promise<ShownRequest | null> {
    const backoff = new Backoff();
    while (!hasAborted(this.signal)) {
      try {
        return await this.api.read<ShownRequest>(`webhook-deliveries/${deliveryId}/request/`, this.signal);
      } catch (error) {
        if (hasAborted(this.signal)) return null;
        if (error instanceof ApiRefusal && [401, 403, 404].includes(error.status)) {
          this.report({ deliveryId, ...copy }, `not copied: ${refused(error).message}`);
          return null;
        }
        await pause(backoff.next(error instanceof ApiRefusal ? error.retryAfterMs : null), this.signal);
      }
    }
    return null;
  }

  private report({ deliveryId, eventType, attempt }: Copy, what: string): void {
    const time = new Date().toISOString().slice(11, 19);
    const again = attempt === 1 ? '' : ` (attempt ${attempt})`;
    this.print(`${time}Z  ${oneLine(eventType)}  ${deliveryId}${again}  ${what}`);
  }
}

function describe(outcome: Outcome): string {
  return outcome.kind === 'answered'
    ? `→ ${outcome.status} in ${outcome.ms} ms`
    : `→ no answer after ${outcome.ms} ms: ${outcome.reason}`;
}
