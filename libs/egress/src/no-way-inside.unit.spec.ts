import { type AddressInfo, connect, createServer } from 'node:net';

import fc from 'fast-check';
import { Client } from 'undici';

import { isForbiddenAddress } from './address-problem.js';
import { parseAddress } from './cidr.js';
import { createGuardedConnector } from './guarded-connector.js';
import type { Resolver } from './guarded-lookup.js';
import { parseNat64Prefixes } from './nat64.js';
import { parseTargetUrl } from './target-url.js';
import { carriedAddresses, LOCAL_PREFIX, setAsideAddresses, urlTexts } from './testing/url-texts.js';

const POLICY = {
  allowHttp: true,
  allowedCidrs: [],
  nat64Prefixes: parseNat64Prefixes(`${LOCAL_PREFIX}/96`),
};
const ENETUNREACH = -101;
const RUNS = 1_000;

/** Node's own handle of a TCP socket, whose two methods make the system call. */
interface TcpHandle {
  connect(request: unknown, address: string): number;
  connect6(request: unknown, address: string): number;
}

/** Every address that a connection was asked of the system for. */
const attempted: string[] = [];
let handle: TcpHandle;
let original: Pick<TcpHandle, 'connect' | 'connect6'>;

beforeAll(async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  handle = Object.getPrototypeOf((socket as unknown as { _handle: object })._handle) as TcpHandle;
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  original = { connect: handle.connect, connect6: handle.connect6 };
  // Nothing leaves this machine: the system has no way to anywhere.
  handle.connect = handle.connect6 = (_request, address) => {
    attempted.push(address);
    return ENETUNREACH;
  };
});

afterAll(() => {
  Object.assign(handle, original);
});

const addresses = fc.oneof(fc.ipV4(), fc.ipV6(), setAsideAddresses, carriedAddresses);
/** What a name server says, each time it is asked: it need not say the same twice. */
const answers = fc.array(fc.array(addresses, { maxLength: 3 }), { minLength: 1, maxLength: 3 });

/**
 * True if a connection to `address` would lead inside. Written here once more, from RFC 6052 alone: with
 * prefixes of 96 bits a translator connects to the last four bytes.
 */
function leadsInside(address: string): boolean {
  const bytes = parseAddress(address)?.toByteArray() ?? [];
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const isCarrier = hex.startsWith('0064ff9b0000000000000000') || hex.startsWith('0064ff9b0001fffe00000000');
  return isForbiddenAddress(isCarrier ? bytes.slice(-4).join('.') : address, { allowedCidrs: [] });
}

function saying(each: readonly (readonly string[])[]): Resolver {
  let asked = 0;
  return (_name, _options, callback) => {
    const said = each[asked++ % each.length] ?? [];
    const found = said.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    setImmediate(() => callback(null, found));
  };
}

/** Sends a request as the dispatcher does, and tells what it failed with. */
async function send(url: URL, resolver: Resolver): Promise<string> {
  const connector = createGuardedConnector(POLICY, { connectTimeoutMs: 1_000, resolver });
  const client = new Client(url.origin, {
    connect: (target, callback) => {
      connector(target, callback);
    },
  });
  try {
    await client.request({ method: 'POST', path: url.pathname + url.search });
    return 'answered';
  } catch (error) {
    const { code, errors } = error as { code?: string; errors?: { code?: string }[] };
    return code ?? errors?.[0]?.code ?? String(error);
  } finally {
    await client.destroy();
  }
}

describe('no URL that parses leads to a socket to a forbidden address', () => {
  const count = {
    texts: 0,
    urls: 0,
    refusedAtCreation: 0,
    refusedAtConnecting: 0,
    sockets: 0,
    throughTranslators: 0,
    mixedAnswers: 0,
  };

  it('whatever its name server says, and whether or not it was refused when it was registered', async () => {
    await fc.assert(
      fc.asyncProperty(urlTexts, answers, async (text, said) => {
        count.texts += 1;
        if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) return;
        count.urls += 1;
        if ('problem' in parseTargetUrl(text, POLICY)) count.refusedAtCreation += 1;
        const resolver = saying(said);
        for (let attempt = 0; attempt < 2; attempt += 1) {
          attempted.length = 0;
          const failure = await send(new URL(text), resolver);
          count.sockets += attempted.length;
          if (failure === 'EBLOCKED') count.refusedAtConnecting += 1;
          expect(attempted.filter(leadsInside)).toEqual([]);
          if (failure === 'EBLOCKED') expect(attempted).toEqual([]);
          count.throughTranslators += attempted.filter((address) => address.startsWith('64:ff9b:')).length;
          const answer = said[attempt % said.length] ?? [];
          if (attempted.some((address) => answer.includes(address)) && answer.some(leadsInside))
            count.mixedAnswers += 1;
          expect(failure).not.toBe('answered');
        }
      }),
      { numRuns: RUNS },
    );
    // What would prove nothing: refusing everything, or trying nothing.
    expect(count.urls).toBeGreaterThan(RUNS / 2);
    for (const some of [count.refusedAtCreation, count.refusedAtConnecting, count.sockets]) {
      expect(some).toBeGreaterThan(RUNS / 10);
    }
    for (const some of [count.throughTranslators, count.mixedAnswers])
      expect(some).toBeGreaterThan(RUNS / 50);
  });
});
