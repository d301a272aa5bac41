import { jest } from '@jest/globals';
import { parseCidrs, type Resolver } from '@skillora/egress';
import { waitFor } from '@skillora/testing';

import { TargetPools } from '../http/target-pools.js';
import { answer, RawReceiver } from '../http/testing/raw-receiver.js';
import { type PostOutcome, WebhookPoster } from '../http/webhook-poster.js';
import { AuthorizedPoster } from './authorized-poster.js';
import type { ClientCredentials } from './request-options.js';
import { CLIENT_SECRET, TokenServer } from './testing/token-server.js';
import { TokenEndpoint } from './token-endpoint.js';
import { Tokens } from './tokens.js';

const POLICY = { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8') };
/** Longer than any request here takes on a slow machine. */
const TIMEOUT_MS = 60_000;

let tokenServer: TokenServer;
let receiver: RawReceiver;
let pools: TargetPools;
let poster: WebhookPoster;
let authorized: AuthorizedPoster;
/** What the dispatcher's clock is ahead of the real one. */
let ahead: number;
/** The tokens that the receiver was shown, in order. */
let shown: string[];
let timeoutMs: number;
/** Whether the rate limit leaves a place for a second request, and how long each might have waited for it. */
let isPlaceLeft: boolean;
let waits: number[];

/** Connects everything, with a resolver and time limit of the test's own. */
async function connect(resolver?: Resolver): Promise<void> {
  pools = new TargetPools({
    policy: POLICY,
    connectionsPerTarget: 4,
    maxTargets: 10,
    connectTimeoutMs: timeoutMs,
    resolver,
  });
  const endpoint = new TokenEndpoint(pools, timeoutMs);
  const tokens = new Tokens({
    ask: (credentials, first) => endpoint.ask(credentials, first),
    now: () => performance.now() + ahead,
  });
  poster = new WebhookPoster({ timeoutMs, policy: POLICY, connectionsPerOrigin: 10 });
  authorized = new AuthorizedPoster(poster, tokens, timeoutMs);
  await Promise.resolve();
}

async function close(): Promise<void> {
  await poster.close();
  await pools.close();
}

beforeAll(() => {
  // The library warns that it needs another configuration for production.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

beforeEach(async () => {
  ahead = 0;
  shown = [];
  isPlaceLeft = true;
  waits = [];
  timeoutMs = TIMEOUT_MS;
  tokenServer = await TokenServer.start();
  receiver = await RawReceiver.listen((socket, request) => {
    const token = /\r\nauthorization: Bearer (\S+)/i.exec(request.head)?.[1] ?? '';
    shown.push(token);
    void tokenServer.isGood(token).then((isGood) =>
      // As many error pages do, it repeats the request.
      socket.write(isGood ? answer('200 OK', request.head) : answer('401 Unauthorized', request.head)),
    );
  });
  await connect();
});

afterEach(async () => {
  await receiver.close();
  await tokenServer.stop();
  await close();
});

function post(
  change: Partial<ClientCredentials> = {},
  endpointId = 'an endpoint',
  url = receiver.url(),
): Promise<PostOutcome> {
  const clientCredentials: ClientCredentials = {
    tokenUrl: tokenServer.tokenUrl,
    clientId: 'hooks',
    clientSecret: CLIENT_SECRET,
    scope: 'webhooks',
    audience: undefined,
    ...change,
  };
  return authorized.post({
    endpointId,
    options: { headers: {}, headerNames: ['Authorization'], clientCredentials, secrets: [CLIENT_SECRET] },
    request: { url, headers: { 'X-Webhook-Id': '1' }, body: Buffer.from('{}') },
    asked: false,
    another: (withinMs) => {
      waits.push(withinMs);
      return Promise.resolve(isPlaceLeft);
    },
  });
}

describe('a token server', () => {
  it.each(['hooks', 'hooks-in-body'])(
    'gives a token to the client %s, once for many attempts',
    async (clientId) => {
      const outcomes = [
        ...(await Promise.all([post({ clientId }), post({ clientId })])),
        await post({ clientId }),
      ];
      expect(outcomes.map(({ responseStatus, error }) => [responseStatus, error])).toEqual(
        Array.from({ length: 3 }, () => [200, null]),
      );
      expect(new Set(shown).size).toBe(1);
      // The one that takes the secret in the body alone has refused it in the header first.
      expect(tokenServer.asked).toBe(clientId === 'hooks' ? 1 : 2);
    },
  );

  it('is asked for each endpoint, one request at a time for each', async () => {
    await Promise.all(Array.from({ length: 8 }, () => post()));
    expect([tokenServer.asked, tokenServer.mostAtATime]).toEqual([1, 1]);
    await post({}, 'another endpoint');
    expect(tokenServer.asked).toBe(2);
  });

  it('that does not know the client is the error of the attempt, in plain words', async () => {
    const outcome = await post({ clientSecret: 'another secret' });
    expect(outcome).toMatchObject({
      error: 'authentication',
      requestSent: false,
      responseStatus: null,
      errorDetail:
        'No access token could be had from the token endpoint: it answered with status 401: it did not accept the client id or the client secret (invalid_client).',
    });
    expect(shown).toEqual([]);
  });

  it('that does not know the scope is named so', async () => {
    expect((await post({ scope: 'other' })).errorDetail).toMatch(/status 400: it did not accept the scope/);
  });

  it('that fails is asked by one of several attempts, and again a moment later', async () => {
    tokenServer.failsWith = 503;
    const outcomes = [await post(), await post(), await post()];
    expect(outcomes.map(({ error }) => error)).toEqual(Array(3).fill('authentication'));
    expect(outcomes[2]?.errorDetail).toContain('it answered with status 503');
    expect(tokenServer.asked).toBe(1);
    tokenServer.failsWith = null;
    ahead = 5_000;
    expect((await post()).error).toBeNull();
  });

  it('that redirects is not followed', async () => {
    const elsewhere = await RawReceiver.listen((socket) =>
      socket.write(answer('307 Temporary Redirect', '', `Location: ${tokenServer.tokenUrl}`)),
    );
    expect(await post({ tokenUrl: elsewhere.url('/token') })).toMatchObject({
      error: 'authentication',
      errorDetail: expect.stringContaining('it redirects with status 307'),
    });
    expect(tokenServer.asked).toBe(0);
    await elsewhere.close();
  });

  it('that answers without end is read for 64 KiB alone', async () => {
    const endless = await RawReceiver.listen((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write('{'.repeat(16_384)));
      };
      socket.on('drain', more);
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n');
      more();
    });
    expect(await post({ tokenUrl: endless.url('/token') })).toMatchObject({
      error: 'authentication',
      errorDetail: expect.stringContaining('its answer is too long'),
    });
    await endless.close();
  });

  it('that is slow takes the time of the attempt, and what it answers late is used by the next', async () => {
    await close();
    timeoutMs = 1_000;
    await connect();
    let release: () => void = () => undefined;
    tokenServer.hold = new Promise((resolve) => (release = resolve));
    const outcome = await post();
    expect(outcome).toMatchObject({ error: 'authentication', responseStatus: null });
    expect(outcome.errorDetail).toMatch(/in time|within/);
    expect(outcome.durationMs).toBeGreaterThanOrEqual(900);
    release();
  });

  it.each([
    ['http://169.254.169.254/token', /private, local or reserved/],
    ['http://inside.example/token', /private, local or reserved/],
    ['http://127.0.0.1:1/token', /refused the connection|must not have port/],
  ])('at %s is not reached, and the attempt says why', async (tokenUrl, why) => {
    await close();
    await connect((_, __, callback) => callback(null, [{ address: '10.0.0.7', family: 4 }]));
    expect(await post({ tokenUrl })).toMatchObject({
      error: 'authentication',
      errorDetail: expect.stringMatching(why),
    });
  });
});

describe('a token', () => {
  it('is renewed before it ends, beside an attempt that uses it', async () => {
    await post();
    ahead = 50_000;
    await post();
    await waitFor(() => tokenServer.asked === 2);
    await waitFor(async () => {
      await post();
      return new Set(shown).size === 2;
    });
    expect(tokenServer.asked).toBe(2);
  });

  it('that the receiver refuses is replaced once, within the same attempt', async () => {
    await post();
    await tokenServer.revoke(shown[0] ?? '');
    expect(await post()).toMatchObject({ responseStatus: 200, error: null });
    expect(shown).toHaveLength(3);
    expect(shown[1]).toBe(shown[0]);
    expect(shown[2]).not.toBe(shown[0]);
    expect(tokenServer.asked).toBe(2);
  });

  it('that the receiver refuses is not used for a second request where the rate limit leaves no place in time', async () => {
    await post();
    await tokenServer.revoke(shown[0] ?? '');
    isPlaceLeft = false;
    expect(await post()).toMatchObject({
      responseStatus: 401,
      error: 'http_status',
      errorDetail: expect.stringMatching(
        /401.* rate limit or the hold of the endpoint left no time to send the request again/,
      ),
    });
    expect(shown).toHaveLength(2);
    expect(waits).toEqual([expect.any(Number)]);
    expect(waits[0]).toBeLessThanOrEqual(TIMEOUT_MS / 2);
    expect(await post()).toMatchObject({ responseStatus: 200 });
    expect([shown[2] === shown[0], tokenServer.asked]).toEqual([false, 2]);
  });

  it('that the receiver refuses and that cannot be replaced leaves the answer 401, and says why', async () => {
    await post();
    await tokenServer.revoke(shown[0] ?? '');
    tokenServer.failsWith = 500;
    expect(await post()).toMatchObject({
      responseStatus: 401,
      error: 'http_status',
      errorDetail: expect.stringMatching(/401.* No access token could be had .* status 500/),
    });
  });

  it('that the receiver never takes is replaced once a minute, and not for each delivery', async () => {
    const refusing = await RawReceiver.listen((socket) => socket.write(answer('401 Unauthorized')));
    const postThere = () => post({}, 'an endpoint', refusing.url());
    for (let time = 0; time < 4; time += 1) expect((await postThere()).responseStatus).toBe(401);
    expect(tokenServer.asked).toBe(2);
    ahead = 60_000;
    await postThere();
    expect(tokenServer.asked).toBeGreaterThan(2);
    await refusing.close();
  });

  it('is not in what is kept of the answer, and neither is the secret', async () => {
    const { responseBody } = await post();
    expect(responseBody).toContain('Authorization: Bearer ***');
    expect(responseBody).not.toContain(shown[0]);
  });
});
