import { once } from 'node:events';

import type { ApiTokenState } from '@skillora/contracts';
import type { Closing } from '@skillora/operability';

import type { Change, DeliveryChanges } from './delivery-changes.js';
import { DeliveryStreams } from './delivery-stream.js';

const token: ApiTokenState = {
  hash: 'a'.repeat(64),
  organizationId: '6a0d8a3e-6b0a-4b2a-9d0b-0f6f0b1a2c3d',
  scopes: ['deliveries:read'],
  expiresAt: null,
};

/** Streams whose first look for what was missed takes until it is let go; the others wait for it. */
function streams() {
  const looks: ((changes: Change[]) => void)[] = [];
  const changes: Pick<DeliveryChanges, 'now' | 'follow' | 'since'> = {
    now: () => Promise.resolve(1_000),
    follow: () => () => undefined,
    since: () => new Promise((resolve) => looks.push(resolve)),
  };
  const closing: Pick<Closing, 'onLastCall'> = { onLastCall: () => undefined };
  const opened = new DeliveryStreams(
    changes as DeliveryChanges,
    { find: () => Promise.resolve(token) },
    closing as Closing,
  );
  return { opened, looks };
}

describe('readers of a stream that leave while it is being opened', () => {
  it('leave their places to others at once, and are looked for no more', async () => {
    const { opened, looks } = streams();
    const left = new AbortController();
    const all = Array.from({ length: 25 }, () => opened.start(token, '900', left.signal));
    const stays = new AbortController();
    await expect(opened.start(token, undefined, stays.signal)).rejects.toMatchObject({ status: 429 });

    left.abort();
    await new Promise((resolve) => setImmediate(resolve));
    const stream = await opened.start(token, undefined, stays.signal);
    looks[0]?.([]);
    expect((await Promise.all(all)).every(({ destroyed }) => destroyed)).toBe(true);
    // One look was under way when they left; none began for the others.
    expect(looks).toHaveLength(1);

    stays.abort();
    await once(stream, 'close');
  });
});
