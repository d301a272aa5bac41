import { isIP } from 'node:net';

/**
 * The names of a hosts file (`/etc/hosts`, hosts(5)) with their addresses in the file's order; names in lower
 * case. Invalid lines are skipped, as the system's own reader does.
 */
export function parseHostsFile(text: string): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      addresses.set(key, [...(addresses.get(key) ?? []), address]);
    }
  }
  return addresses;
}
