import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';

import { RECEIVER_CERTIFICATE, RECEIVER_KEY } from '@skillora/testing';

import { parseCidrs } from './cidr.js';
import { createGuardedConnector } from './guarded-connector.js';

/** Key exchanges whose numbers the server chooses: DHE with RSA, in TLS 1.2 and older (IANA, TLS Cipher Suites). */
const DHE_SUITES = [0x33, 0x39, 0x45, 0x67, 0x6b, 0x88, 0x9e, 0x9f, 0xc09e, 0xc09f, 0xccaa];

describe.each([
  ['authorities of its own', [RECEIVER_CERTIFICATE]],
  ['the usual authorities', []],
])('TLS with %s', (_, certificateAuthorities) => {
  const connect = (server: Server, answered: (error: Error | null, socket: Socket | null) => void): void => {
    const connector = createGuardedConnector(
      { allowedCidrs: parseCidrs('127.0.0.0/8') },
      { connectTimeoutMs: 5_000, certificateAuthorities },
    );
    const port = String((server.address() as AddressInfo).port);
    connector(
      { hostname: '127.0.0.1', host: 'receiver.test', servername: 'receiver.test', protocol: 'https:', port },
      (...[error, socket]) => answered(error, socket),
    );
  };

  it('offers no key exchange whose size the server chooses', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    connect(server, () => undefined);
    const [socket] = (await once(server, 'connection')) as [Socket];
    const [hello] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    server.close();
    const offered = cipherSuites(hello);
    expect(offered.length).toBeGreaterThan(3);
    expect(offered.filter((suite) => DHE_SUITES.includes(suite))).toEqual([]);
  });
});

describe('TLS 1.2', () => {
  it('fails the connection when the server asks for a handshake again', async () => {
    const server = tls.createServer({ cert: RECEIVER_CERTIFICATE, key: RECEIVER_KEY, maxVersion: 'TLSv1.2' });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connector = createGuardedConnector(
      { allowedCidrs: parseCidrs('127.0.0.0/8') },
      { connectTimeoutMs: 5_000, certificateAuthorities: [RECEIVER_CERTIFICATE] },
    );
    const { port } = server.address() as AddressInfo;
    const failed = new Promise((resolve, reject) => {
      connector(
        {
          hostname: '127.0.0.1',
          host: 'receiver.test',
          servername: 'receiver.test',
          protocol: 'https:',
          port: String(port),
        },
        (...[error, socket]) => {
          if (error) reject(error);
          else
            socket
              .on('error', () => resolve(socket.destroy()))
              .resume()
              .write('x');
        },
      );
    });
    const [accepted] = (await once(server, 'secureConnection')) as [tls.TLSSocket];
    let handshakes = 0;
    accepted.on('error', () => undefined);
    await once(accepted, 'data');
    accepted.renegotiate({}, (error) => {
      if (!error) handshakes += 1;
    });
    await failed;
    server.close();
    expect(handshakes).toBe(0);
  });
});

/** The cipher suites of a ClientHello (RFC 8446, 4.1.2), which is the first record of a connection. */
function cipherSuites(hello: Buffer): number[] {
  // Record header 5, handshake header 4, version 2, random 32; then session id and suites, each with its length.
  const session = 5 + 4 + 2 + 32;
  const suites = session + 1 + hello.readUInt8(session);
  const length = hello.readUInt16BE(suites);
  return Array.from({ length: length / 2 }, (_, index) => hello.readUInt16BE(suites + 2 + 2 * index));
}
