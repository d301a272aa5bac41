import { listenAddress, ownHost } from './listen-address.js';
import { readSettings } from './settings.js';

const read = (env: NodeJS.ProcessEnv, fallback?: string): string =>
  readSettings({ address: listenAddress(fallback) }, env).address;

describe('the address that a service listens on', () => {
  it('is every one of its container, unless another is set', () => {
    expect(read({})).toBe('0.0.0.0');
    expect(read({}, '127.0.0.1')).toBe('127.0.0.1');
    expect(read({ LISTEN_ADDRESS: '::1' })).toBe('::1');
  });

  it.each(['', 'localhost', '127.0.0.1:3000', '127.0.0', '[::1]'])('is no text such as %j', (text) => {
    expect(() => read({ LISTEN_ADDRESS: text })).toThrow(
      /^bad settings: LISTEN_ADDRESS (must be|is set and empty)/,
    );
  });

  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['192.0.2.7', '192.0.2.7'],
    ['::', '[::1]'],
    ['2001:db8::7', '[2001:db8::7]'],
  ])('%s is called by its own machine as %s', (address, host) => {
    expect(ownHost(address)).toBe(host);
  });
});
