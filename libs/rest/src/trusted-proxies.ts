import { isIP } from 'node:net';

import { list, type SettingReader } from '@skillora/operability';

/**
 * Reads the setting TRUSTED_PROXIES: the addresses and CIDR blocks of proxies whose `X-Forwarded-For` names
 * the client that a request is counted for. An empty text means none. `0.0.0.0/0` is refused, because every
 * client could then choose its address.
 */
export const trustedProxies: SettingReader<string[]> = list((text) => {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const isBlock = prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
  if (family === 0 || address.includes('%') || rest.length > 0 || !isBlock) {
    throw new Error('must be addresses or blocks such as 10.1.0.0/16 or fd00::/8, separated by commas');
  }
  return text;
});
