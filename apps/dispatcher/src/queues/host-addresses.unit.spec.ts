import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { parseCidrs } from '@skillora/egress';

import { HostAddresses } from './host-addresses.js';
import { WebhookPoster } from '../http/webhook-poster.js';

const hostsOf = (addresses: HostAddresses, url: string) => addresses.hostsOf({ url });

describe('the hosts that an attempt counts for', () => {
  it('are a name and the address it was found at, whatever the spelling of the name', () => {
    const addresses = new HostAddresses();
    addresses.lookedUp('a.example', '192.0.2.1');
    addresses.connected('B.example.'.toLowerCase(), '192.0.2.1');
    expect(hostsOf(addresses, 'https://A.EXAMPLE./hook')).toEqual(['a.example', '192.0.2.1']);
    expect(hostsOf(addresses, 'https://b.example:8443/')).toEqual(['b.example', '192.0.2.1']);
  });

  it('are an address alone where the URL names one', () => {
    const addresses = new HostAddresses();
    expect(hostsOf(addresses, 'http://192.0.2.1:8080/a')).toEqual(['192.0.2.1']);
    expect(hostsOf(addresses, 'http://0xc0000201/')).toEqual(['192.0.2.1']);
    expect(hostsOf(addresses, 'https://[2001:DB8:0::1]/')).toEqual(['2001:db8::1']);
  });

  it('are one host for all names of which no address is known yet, and for endpoints that are not', () => {
    const addresses = new HostAddresses();
    const [, first] = hostsOf(addresses, 'https://a.example/');
    const [, second] = hostsOf(addresses, 'https://b.example/');
    expect(first).toBe(second);
    expect(addresses.hostsOf(undefined)).toEqual([first]);
  });

  it('are where the last connection led, rather than what is looked up first', () => {
    const addresses = new HostAddresses();
    addresses.lookedUp('a.example', '192.0.2.1');
    addresses.connected('a.example', '192.0.2.2');
    addresses.lookedUp('a.example', '192.0.2.1');
    expect(hostsOf(addresses, 'https://a.example/')).toEqual(['a.example', '192.0.2.2']);
  });

  it('are remembered of so many names, the newest', () => {
    const addresses = new HostAddresses();
    for (let i = 0; i < 10_001; i += 1) addresses.connected(`${i}.example`, '192.0.2.1');
    expect(hostsOf(addresses, 'https://0.example/')[1]).toBe('unknown');
    expect(hostsOf(addresses, 'https://10000.example/')[1]).toBe('192.0.2.1');
  });

  it('are learnt from the connections that are made', async () => {
    const server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const addresses = new HostAddresses();
    const poster = new WebhookPoster({
      timeoutMs: 30_000,
      policy: { allowHttp: true, allowedCidrs: parseCidrs('127.0.0.0/8') },
      connectionsPerOrigin: 1,
      // The first of the addresses takes no connection.
      resolver: (_name, _options, callback) =>
        setImmediate(() =>
          callback(null, [
            { address: '127.0.0.2', family: 4 },
            { address: '127.0.0.1', family: 4 },
          ]),
        ),
      addresses,
    });
    const { error } = await poster.post({ url: `http://receiver.test:${port}/`, body: '{}', headers: {} });
    expect(error).toBeNull();
    expect(hostsOf(addresses, 'https://receiver.test/')).toEqual(['receiver.test', '127.0.0.1']);
    await poster.close();
    server.closeAllConnections();
    server.close();
  });
});
