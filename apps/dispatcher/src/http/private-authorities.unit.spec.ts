import tls from 'node:tls';

import { parseCidrs, type Resolver } from '@skillora/egress';
import { RECEIVER_CERTIFICATE } from '@skillora/testing';

import { answer, RawReceiver } from './testing/raw-receiver.js';
import { OF_PRIVATE_AUTHORITY } from './testing/certificates.js';
import { WebhookPoster } from './webhook-poster.js';

const toLoopback: Resolver = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
const nodesOwn = tls.getCACertificates('default');

describe('an authority that is given', () => {
  let ofPrivate: RawReceiver;
  let ofNodesOwn: RawReceiver;

  beforeAll(async () => {
    // As an authority that everybody trusts.
    tls.setDefaultCACertificates([...nodesOwn, RECEIVER_CERTIFICATE]);
    const { certificate: cert, key } = OF_PRIVATE_AUTHORITY;
    const ok = (socket: { write(bytes: Buffer): unknown }): unknown => socket.write(answer('200 OK'));
    ofPrivate = await RawReceiver.listen(ok, 'https', { tls: { cert, key } });
    ofNodesOwn = await RawReceiver.listen(ok, 'https');
  });

  afterAll(async () => {
    tls.setDefaultCACertificates(nodesOwn);
    await Promise.all([ofPrivate.close(), ofNodesOwn.close()]);
  });

  it.each([
    ['is trusted beside those of Node itself', [OF_PRIVATE_AUTHORITY.authority], [null, null]],
    ['is trusted only where it is given', [], ['tls', null]],
  ])('%s', async (_, certificateAuthorities, errors) => {
    const poster = new WebhookPoster({
      timeoutMs: 30_000,
      policy: { allowHttp: false, allowedCidrs: parseCidrs('127.0.0.0/8') },
      connectionsPerOrigin: 1,
      resolver: toLoopback,
      certificateAuthorities,
    });
    const post = (url: string) => poster.post({ url, body: '{}', headers: {} });
    const outcomes = [
      await post(ofPrivate.url('/hook', 'localhost')),
      await post(ofNodesOwn.url('/hook', 'receiver.test')),
    ];
    expect(outcomes.map(({ error }) => error)).toEqual(errors);
    await poster.close();
  });
});
