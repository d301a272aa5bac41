import { trustedProxies } from './trusted-proxies.js';

describe('the trusted proxies', () => {
  it.each([
    ['', []],
    ['10.1.2.3', ['10.1.2.3']],
    ['10.1.0.0/16, fd00::/8,::1', ['10.1.0.0/16', 'fd00::/8', '::1']],
  ])('may be %j', (text, proxies) => {
    expect(trustedProxies(text)).toEqual(proxies);
  });

  it.each([
    'true',
    '1',
    'loopback',
    'proxy.example',
    '10.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
  ])('may not be %j', (text) => {
    expect(() => trustedProxies(text)).toThrow(/^must be addresses or blocks/);
  });
});
