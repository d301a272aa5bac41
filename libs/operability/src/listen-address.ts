import { isIP } from 'node:net';

import { setting, type SettingReader } from './settings.js';

/** An address of this machine, to listen on. */
const address: SettingReader<string> = (value) => {
  if (isIP(value) === 0)
    throw new Error('must be an IP address of this machine, such as 127.0.0.1 or 0.0.0.0');
  return value;
};

/**
 * The address that a service listens on: by default all addresses of its container; with `npm start`
 * 127.0.0.1.
 */
export const listenAddress = (fallback = '0.0.0.0') => setting('LISTEN_ADDRESS', address, fallback);

/** The host part of the URLs with which this machine itself reaches a server on the address. */
export function ownHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return isIP(address) === 6 ? `[${address}]` : address;
}
