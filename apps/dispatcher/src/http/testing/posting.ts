import { parseCidrs, type Resolver } from '@skillora/egress';
import { RECEIVER_CERTIFICATE } from '@skillora/testing';

import { type PostOutcome, WebhookPoster, type WebhookPosterOptions } from '../webhook-poster.js';
import { HastyReceiver } from './hasty-receiver.js';
import { RawReceiver } from './raw-receiver.js';
import { EXPIRED } from './certificates.js';

const toLoopback: Resolver = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

/** The receivers and posters of a test, which `close` ends together. */
export class Posting {
  private readonly receivers: RawReceiver[] = [];
  private readonly posters: WebhookPoster[] = [];
  private readonly hasty: HastyReceiver[] = [];

  /** Starts a receiver; its URL has the name in its certificate. */
  async receiver(...of: Parameters<typeof RawReceiver.listen>): Promise<RawReceiver> {
    const started = await RawReceiver.listen(...of);
    this.receivers.push(started);
    return started;
  }

  /** Starts a receiver that does not wait for the whole of a request. */
  async hastyReceiver(...of: Parameters<typeof HastyReceiver.listen>): Promise<HastyReceiver> {
    const started = await HastyReceiver.listen(...of);
    this.hasty.push(started);
    return started;
  }

  /** A poster with one connection to each URL, which may call loopback over http. */
  poster(options: Partial<WebhookPosterOptions> = {}): WebhookPoster {
    const made = new WebhookPoster({
      timeoutMs: 5_000,
      policy: { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8') },
      connectionsPerOrigin: 1,
      resolver: toLoopback,
      certificateAuthorities: [RECEIVER_CERTIFICATE, EXPIRED.authority],
      ...options,
    });
    this.posters.push(made);
    return made;
  }

  /** Closes the receivers first, since a poster waits for requests in flight. */
  async close(): Promise<void> {
    await Promise.all(this.receivers.splice(0).map((each) => each.close()));
    await Promise.all(this.posters.splice(0).map((each) => each.close()));
    await Promise.all(this.hasty.splice(0).map((each) => each.close()));
  }
}

/** Makes one attempt at a receiver, under the name in its certificate. */
export function postTo(
  by: WebhookPoster,
  receiver: RawReceiver,
  body: Buffer | string = '{"event":"test"}',
): Promise<PostOutcome> {
  return by.post({
    url: receiver.url('/hook', 'receiver.test'),
    body,
    headers: { 'content-type': 'application/json' },
  });
}
