import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { BlockedAddressError } from './blocked-address-error.js';
import { parseCidrs } from './cidr.js';
import { createGuardedConnector } from './guarded-connector.js';
import type { Resolver } from './guarded-lookup.js';
import { createNameResolver } from './name-resolver.js';
import { NameServer } from './testing/name-server.js';

let server: Server;
let connections = 0;

beforeEach(async () => {
  connections = 0;
  server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
});

function connect(hostname: string, allowed: string, resolver?: Resolver): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const connector = createGuardedConnector(
    { allowedCidrs: parseCidrs(allowed) },
    { connectTimeoutMs: 5_000, resolver },
  );
  return new Promise((resolve, reject) => {
    connector({ hostname, host: hostname, protocol: 'http:', port: String(port) }, (...[error, socket]) => {
      if (error) reject(error);
      else resolve(socket);
    });
  });
}

const toLoopback: Resolver = (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

describe('the guarded connector', () => {
  it('connects to an allowed literal address', async () => {
    const socket = await connect('127.0.0.1', '127.0.0.0/8');
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('connects to a name that resolves to an allowed address', async () => {
    const socket = await connect('receiver.test', '127.0.0.0/8', toLoopback);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it.each(['127.0.0.1', '::ffff:127.0.0.1', '::1'])(
    'makes no connection to the forbidden literal %s',
    async (address) => {
      await expect(connect(address, '')).rejects.toBeInstanceOf(BlockedAddressError);
      expect(connections).toBe(0);
    },
  );

  it('makes no connection for a name that resolves to a forbidden address', async () => {
    await expect(connect('receiver.test', '', toLoopback)).rejects.toBeInstanceOf(BlockedAddressError);
    expect(connections).toBe(0);
  });

  it.each(['127.1', '2130706433', '0x7f.0.0.1'])(
    'makes no connection for the odd spelling %s, which the system takes for an address',
    async (spelling) => {
      await expect(connect(spelling, '')).rejects.toThrow();
      expect(connections).toBe(0);
    },
  );

  it('asks the resolver once a connection, so that no second answer can differ from the one judged', async () => {
    let lookups = 0;
    const counting: Resolver = (...args) => {
      lookups += 1;
      toLoopback(...args);
    };
    const socket = await connect('receiver.test', '127.0.0.0/8', counting);
    socket.destroy();
    expect(lookups).toBe(1);
  });

  it('connects while any number of other names are not answered for', async () => {
    const names = await NameServer.listen(({ name, family }) => {
      if (name.startsWith('silent')) return 'silence';
      return { addresses: family === 4 ? ['127.0.0.1'] : [] };
    });
    try {
      const resolver = createNameResolver({ servers: [names.address], firstTryMs: 250, families: [4] });
      let given = 0;
      const silent = Array.from({ length: 100 }, (_, index) =>
        connect(`silent-${index}.test`, '127.0.0.0/8', resolver).catch((error: unknown) => {
          given += 1;
          return error;
        }),
      );
      const socket = await connect('receiver.test', '127.0.0.0/8', resolver);
      expect(socket.remoteAddress).toBe('127.0.0.1');
      expect(given).toBe(0);
      socket.destroy();
      await Promise.all(silent);
    } finally {
      await names.close();
    }
  });

  it('connects to nothing once a name server has changed its answer to a forbidden one', async () => {
    let asked = 0;
    const names = await NameServer.listen(() => ({ addresses: [asked++ === 0 ? '127.0.0.1' : '127.0.0.2'] }));
    try {
      const resolver = createNameResolver({ servers: [names.address], families: [4] });
      (await connect('receiver.test', '127.0.0.1', resolver)).destroy();
      await expect(connect('receiver.test', '127.0.0.1', resolver)).rejects.toBeInstanceOf(
        BlockedAddressError,
      );
      expect([asked, connections]).toEqual([2, 1]);
    } finally {
      await names.close();
    }
  });

  it('closes a connection that turns out to stand with a forbidden address', async () => {
    // The policy turns while the connection is made, which stands in for anything that gets past the first
    // judgement.
    let judged = 0;
    const policy = {
      get allowedCidrs() {
        judged += 1;
        return judged === 1 ? parseCidrs('127.0.0.0/8') : [];
      },
    };
    const connector = createGuardedConnector(policy, { connectTimeoutMs: 5_000 });
    const { port } = server.address() as AddressInfo;
    const connected = new Promise((resolve, reject) => {
      connector(
        { hostname: '127.0.0.1', host: '', protocol: 'http:', port: String(port) },
        (...[error, socket]) => {
          if (error) reject(error);
          else resolve(socket);
        },
      );
    });
    await expect(connected).rejects.toBeInstanceOf(BlockedAddressError);
    expect(judged).toBe(2);
  });
});
