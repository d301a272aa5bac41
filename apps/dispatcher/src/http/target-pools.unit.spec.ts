import { parseCidrs } from '@skillora/egress';
import { waitFor } from '@skillora/testing';
import { AxiosHeaders } from 'axios';

import { axiosAdapter, WireRequest } from './axios-adapter.js';
import { TargetNotAllowedError } from './classify-failure.js';
import { TargetPools } from './target-pools.js';
import { answer, type Behaviour, RawReceiver } from './testing/raw-receiver.js';

let pools: TargetPools;
let receiver: RawReceiver | null = null;

beforeEach(() => {
  pools = new TargetPools({
    policy: { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8') },
    connectionsPerTarget: 4,
    maxTargets: 100,
    connectTimeoutMs: 1_000,
  });
});

afterEach(async () => {
  await receiver?.close();
  await pools.close();
});

async function listen(behaviour: Behaviour): Promise<RawReceiver> {
  receiver = await RawReceiver.listen(behaviour);
  return receiver;
}

const post = (url: string) =>
  axiosAdapter(pools)({ url, timeout: 1_000, data: new WireRequest({}, '{}'), headers: new AxiosHeaders() });

describe('the connections to targets', () => {
  it('are held while they stand', async () => {
    const server = await listen((socket) => socket.write(answer('200 OK')));
    await post(server.url('/a'));
    await post(server.url('/b'));
    expect(pools.size).toBe(2);
  });

  it('are forgotten once none stands, so that what is held does not grow with every target ever called', async () => {
    const server = await listen((socket) => socket.end(answer('200 OK', '', 'Connection: close')));
    for (let i = 0; i < 10; i++) await post(server.url(`/${i}`));
    await waitFor(() => pools.size === 0);
  });

  it('are forgotten when a receiver closes them while idle', async () => {
    const server = await listen((socket) => socket.write(answer('200 OK')));
    await post(server.url());
    expect(pools.size).toBe(1);
    for (const socket of server.open) socket.end();
    await waitFor(() => pools.size === 0);
  });

  it('are not held for a target that cannot be connected to, or may not be', async () => {
    const server = await RawReceiver.listen(() => undefined);
    const url = server.url();
    await server.close();
    await expect(post(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(post('http://10.0.0.1/')).rejects.toBeInstanceOf(TargetNotAllowedError);
    expect(pools.size).toBe(0);
  });
});
