import { createSecureContext } from 'node:tls';

import { parseCidrs, type Resolver } from '@skillora/egress';
import { RECEIVER_CERTIFICATE, RECEIVER_KEY } from '@skillora/testing';

import { answer, RawReceiver } from './testing/raw-receiver.js';
import { type PostOutcome, WebhookPoster } from './webhook-poster.js';

const toLoopback: Resolver = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

/** The names that clients asked for in the TLS handshake (SNI), in order. */
const asked: string[] = [];
let receiver: RawReceiver;
let poster: WebhookPoster;

/** A server that holds several certificates: asked for a name that it does not know, it has none to show. */
beforeEach(async () => {
  asked.length = 0;
  receiver = await RawReceiver.listen((socket) => socket.write(answer('200 OK')), 'https', {
    tls: {
      SNICallback: (name, callback) => {
        asked.push(name);
        if (name !== 'receiver.test') callback(new Error('no such name'));
        else callback(null, createSecureContext({ cert: RECEIVER_CERTIFICATE, key: RECEIVER_KEY }));
      },
    },
  });
  poster = new WebhookPoster({
    timeoutMs: 5_000,
    policy: { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8') },
    connectionsPerOrigin: 1,
    resolver: toLoopback,
    certificateAuthorities: [RECEIVER_CERTIFICATE],
  });
});

afterEach(async () => {
  await receiver.close();
  await poster.close();
});

const post = (url: string): Promise<PostOutcome> => poster.post({ url, body: '{}', headers: {} });

describe('a host name that ends with a dot', () => {
  it('is asked for without it in the handshake, and its certificate is checked without it', async () => {
    expect(await post(receiver.url('/hook', 'receiver.test.'))).toMatchObject({
      responseStatus: 200,
      error: null,
    });
    expect(asked).toEqual(['receiver.test']);
  });

  it('is the same in the Host header as in the URL', async () => {
    await post(receiver.url('/hook', 'receiver.test.'));
    expect(receiver.requests[0]?.head).toContain(`\r\nHost: receiver.test.:${receiver.port}\r\n`);
  });

  it('needs a certificate for that name like any other', async () => {
    expect(await post(receiver.url('/hook', 'other.test.'))).toMatchObject({ error: 'tls' });
    expect(asked).toEqual(['other.test']);
  });
});
